import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'native.mjs');

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('npm run native', () => {
  let cache;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'dqn-native-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const run = (env, ...args) =>
    spawnSync(process.execPath, [SCRIPT, ...args], {
      encoding: 'utf8',
      env: { HOME: cache, PATH: process.env.PATH, DQN_CACHE: cache, ...env },
    });

  it.each([
    ['Python', { PATH: '/nowhere' }, /Python is missing.*\n.*\n.*apt-get install -y python3-pip/],
    ['the Python that is named', { PYTHON: '/no/python' }, /PYTHON names \/no\/python/],
    ['pip', { PYTHON: process.execPath }, /has no pip.*\n.*\n.*python3-pip/],
    [
      'a compiler',
      { CXX: '/no/compiler', PYTHON: 'true' },
      /CXX names \/no\/compiler.*\n.*\n.*apt-get install -y g\+\+/,
    ],
  ])('says that %s is missing, and how to get it', (_what, env, message) => {
    const { status, stderr } = run(env);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says for CUDA, too, what is missing, and leaves nothing of a download that failed', () => {
    const named = run({ PYTHON: '/no/python' }, '--cuda');
    expect(named.stderr).toMatch(/PYTHON names \/no\/python/);
    // A python that claims to have pip, and brings nothing.
    const { status, stderr } = run({ PYTHON: 'false' }, '--cuda');
    expect(stderr).toMatch(/PYTHON names false, which doesn't run/);
    expect(status).toBe(1);
    expect(run({ PYTHON: 'true' }, '--cuda').status).toBe(1);
    expect(readdirSync(join(cache, 'native'))).toEqual([]);
  });

  it('leaves what is there, and says so', () => {
    const place = join(cache, 'native', 'tfjs-node-gpu');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'ready.json'), JSON.stringify({ tfjs: '4.22.0', tensorflow: '2.15.1' }));
    const { status, stderr } = run({ PATH: '/nowhere' }, '--gpu');
    expect(stderr).toMatch(/tfjs-node-gpu 4\.22\.0 on TensorFlow 2\.15\.1 is there already/);
    expect(status).toBe(0);
  });

  it('leaves nothing half-built when a download fails, and sweeps up after an interrupted run', () => {
    mkdirSync(join(cache, 'native', 'tfjs-node.4194304.part'), { recursive: true });
    // A python that claims to have pip, and an npm registry that nobody answers at.
    const { status, stderr } = run({
      PYTHON: 'true',
      CXX: 'true',
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
    });
    expect(stderr).toMatch(/Fetching @tensorflow\/tfjs-node failed/);
    expect(status).toBe(1);
    expect(readdirSync(join(cache, 'native'))).toEqual([]);
  });
});
