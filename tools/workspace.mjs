/** @file What every developer command shares: the root, running a program, and an installed, built workspace. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

// Nx's plugins in threads of their own have seconds to start, which a busy machine misses.
process.env.NX_ISOLATE_PLUGINS ??= 'false';

/** Says one thing on stderr, so that stdout stays for results. */
export const say = (text) => process.stderr.write(`${text}\n`);

/** Runs a program with our own streams and resolves with its exit code (128 + n for a signal). */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: 'inherit',
      shell: process.platform === 'win32',
      ...options,
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 130 : (code ?? 1)));
  });
}

/** Runs a step and ends the whole command with the step's exit code when it fails. */
export async function must(what, command, args, options) {
  const code = await run(command, args, options);
  if (code === 0) return;
  say(`\n${what} failed: \`${command} ${args.join(' ')}\` ended with ${code}.`);
  process.exit(code);
}

/** A stamp that remembers the content of a file for which a step was done. */
function stamp(name, ...files) {
  const at = join(ROOT, 'node_modules', '.dqn', name);
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(ROOT, file)));
  const now = hash.digest('hex');
  return {
    fresh: existsSync(at) && readFileSync(at, 'utf8') === now,
    set() {
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, now);
    },
  };
}

/** npm packages as the lock file says; does nothing when they are there. */
export async function ensureInstalled() {
  const done = stamp('installed', 'package-lock.json');
  if (done.fresh && existsSync(join(ROOT, 'node_modules', 'nx'))) return;
  say('Installing npm packages …');
  await must('The installation', 'npm', ['install', '--no-audit', '--no-fund']);
  stamp('installed', 'package-lock.json').set();
}

/** The files whose content decides whether a build is needed: every tracked or new source. */
function sources() {
  const list = spawnSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', 'libs', 'apps', 'package-lock.json', 'tsconfig.base.json'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  if (list.status !== 0) return undefined;
  return list.stdout
    .split('\n')
    .filter((file) => file && !/\.test\.ts$|\/e2e\/|\/fixtures\//.test(file) && existsSync(join(ROOT, file)));
}

/** Every package built; nx builds only what changed, and when nothing did it is not even started. */
export async function ensureBuilt() {
  const files = sources();
  if (files && stamp('built', ...files).fresh && existsSync(join(ROOT, 'apps/trainer/dist'))) return;
  say('Building …');
  await must('The build', 'npx', ['nx', 'run-many', '-t', 'build', '--outputStyle=static'], {
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  if (files) stamp('built', ...files).set();
}
