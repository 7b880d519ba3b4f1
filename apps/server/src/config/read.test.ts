import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './read.ts';
import { flagOf, SETTINGS, variableOf } from './settings.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-config-'));
  file = join(folder, 'dqn.json');
});
afterAll(() => rm(folder, { recursive: true }));

describe('settings', () => {
  it('have defaults', async () => {
    const { settings, sources } = await readConfig({});
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 7007, provider: 'auto', readOnly: false, cors: [] });
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
  });

  it('are taken from the flag, else the environment, else the file', async () => {
    await writeFile(file, JSON.stringify({ port: 1, maxK: 2, timeout: 2.5, host: '::1' }));
    const { settings, sources } = await readConfig({
      file,
      env: {
        DQN_SERVE_PORT: '3',
        DQN_SERVE_MAX_K: '4',
        DQN_SERVE_CORS: 'https://a.org, https://b.org',
        DQN_SERVE_MODEL: '',
      },
      flags: { port: '5', readOnly: true, model: undefined },
    });
    expect(settings).toMatchObject({ port: 5, maxK: 4, timeout: 2.5, host: '::1', readOnly: true });
    expect(settings.cors).toEqual(['https://a.org', 'https://b.org']);
    expect(settings).not.toHaveProperty('model');
    expect(sources).toMatchObject({ port: 'flag', maxK: 'environment', host: 'file', grace: 'default' });
  });

  it('find the file by the environment, and the collector by its own names', async () => {
    await writeFile(file, '{"port": 9}');
    const env = { DQN_SERVE_CONFIG: file, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    expect((await readConfig({ env })).settings).toMatchObject({ port: 9, traces: 'http://collector:4318/v1/traces' });
  });

  it('are refused all at once, each with the place where it was given', async () => {
    await writeFile(file, JSON.stringify({ prot: 1, maxK: '7', host: '' }));
    const flags = { port: '70000', provider: 'tpu' };
    await expect(
      readConfig({ file, env: { DQN_SERVE_READ_ONLY: 'maybe', DQN_SERVE_MAX_BODDY: '9' }, flags }),
    ).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringMatching(
        /(?=.*prot in .*dqn\.json is no setting)(?=.*maxK in .*dqn\.json is "7" and must be integer)(?=.*host in)(?=.*--port is 70000 and must be 0 to 65535)(?=.*--provider is "tpu" and must be one of auto, cuda)(?=.*DQN_SERVE_READ_ONLY is "maybe")(?=.*DQN_SERVE_MAX_BODDY in the environment is no setting)/,
      ),
    });
    for (const text of ['{', '[]', '7']) {
      await writeFile(file, text);
      await expect(readConfig({ file })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    }
    await expect(readConfig({ file: join(folder, 'none') })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    await expect(readConfig({ flags: { cors: '*' } })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
  });

  it('are called by one rule everywhere', () => {
    expect([flagOf('maxBody'), variableOf('maxBody')]).toEqual(['--max-body', 'DQN_SERVE_MAX_BODY']);
    for (const [name, { description }] of Object.entries(SETTINGS))
      expect([name, description]).toEqual([name, expect.any(String)]);
  });
});
