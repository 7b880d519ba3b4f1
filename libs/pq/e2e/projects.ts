/** @file The package as a stranger gets it: a tarball, and empty projects that install it. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NPM = ['--no-audit', '--no-fund', '--loglevel=error'];

/** The TypeScript compiler's program. */
export const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'lib/tsc.js');

/** A folder of its own under the system's, and how to remove it. */
export function workshop(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'dqn-pq-package-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Builds the package beside the work tree and packs it; gives the tarball's path. */
export function pack(folder: string): string {
  const stage = join(folder, 'stage');
  mkdirSync(stage);
  const dist = join(stage, 'dist');
  execFileSync(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist], {
    stdio: 'inherit',
  });
  for (const name of ['package.json', 'README.md', 'LICENSE', 'docs', 'examples', 'src']) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(stage, name), { recursive: true });
  }
  npm(stage, 'pack', '--ignore-scripts', '--pack-destination', folder);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
}

/** An empty project with the tarball installed, without a network; the cache is its own. */
export function project(folder: string, name: string, tarball: string): string {
  const root = join(folder, name);
  mkdirSync(root);
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  npm(root, 'install', '--offline', '--ignore-scripts', '--cache', join(folder, 'cache'), tarball);
  return root;
}

function npm(cwd: string, ...args: string[]): void {
  execFileSync('npm', [...args, ...NPM], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}
