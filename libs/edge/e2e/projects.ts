/** @file The package as a stranger gets it: tarballs, and projects that have them installed. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder, and the repository's. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPOSITORY = join(ROOT, '../..');
/** What a page needs of ours. */
const OURS = ['edge', 'format', 'pq', 'runtime'];

/** Tarballs, and a folder whose projects have them. */
export interface Workshop {
  readonly folder: string;
  /** Files of each tarball, by package. */
  readonly packed: ReadonlyMap<string, readonly string[]>;
  remove(): void;
}

/**
 * Packs what is built and unpacks it where projects find it. Others' packages are the repository's own, so that nothing is
 * downloaded.
 */
export function workshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'dqn-edge-package-'));
  const modules = join(folder, 'node_modules');
  const packed = new Map<string, string[]>();
  for (const name of OURS) {
    const source = join(REPOSITORY, 'libs', name);
    const stage = join(folder, 'stage', name);
    mkdirSync(stage, { recursive: true });
    for (const part of ['package.json', 'dist', 'docs', 'examples', 'README.md', 'LICENSE']) {
      if (existsSync(join(source, part))) cpSync(join(source, part), join(stage, part), { recursive: true });
    }
    if (name === 'edge') {
      execFileSync(process.execPath, [join(ROOT, 'scripts/cdn.mjs'), join(stage, 'dist/cdn')], { stdio: 'ignore' });
    }
    const quiet = ['--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
    const tarball = execFileSync('npm', ['pack', ...quiet], { cwd: stage, encoding: 'utf8' }).trim();
    const target = join(modules, '@dqn', name);
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, tarball), '--strip-components=1', '-C', target]);
    packed.set(name, readdirSync(target, { recursive: true, encoding: 'utf8' }));
  }
  linkOthers(modules);
  return { folder, packed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function linkOthers(modules: string): void {
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (name === '@dqn' || name.startsWith('.')) continue;
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name));
  }
}

/** A copy of an example in the workshop. */
export function example({ folder }: Workshop, name: string): string {
  const root = join(folder, name);
  cpSync(join(ROOT, 'examples', name), root, { recursive: true });
  return root;
}
