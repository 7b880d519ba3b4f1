import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../run.ts';
import { FeatureCache } from './cache.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dqn-cache-'));
});
afterEach(() => rm(root, { recursive: true }));

const kind = { trunkSha256: sha256('trunk'), width: 3 };
const key = (name: string) => sha256(name);
const open = () => FeatureCache.open(root, kind);

async function append(cache: FeatureCache, names: readonly string[], first: number): Promise<void> {
  const values = Float32Array.from({ length: names.length * 3 }, (_, i) => first + i);
  await cache.append(names.map(key), values);
}

async function read(cache: FeatureCache, name: string): Promise<number[]> {
  const into = new Float32Array(3);
  expect(await cache.read(new Map([[key(name), [0]]]), into)).toEqual([]);
  return [...into];
}

async function files(): Promise<string[]> {
  const [folder] = await readdir(root);
  return (await readdir(join(root, folder))).map((name) => join(root, folder, name));
}

describe('the feature cache', () => {
  it('gives back what was kept, in any order and as often as wanted', async () => {
    await using first = await open();
    await append(first, ['a', 'b'], 1);
    await append(first, ['c'], 10);
    await first.close();
    await using again = await open();
    const into = new Float32Array(9);
    await again.read(
      new Map([
        [key('c'), [0, 2]],
        [key('b'), [1]],
      ]),
      into,
    );
    expect([...into]).toEqual([10, 11, 12, 4, 5, 6, 10, 11, 12]);
    expect(again.has(key('d'))).toBe(false);
    expect(again.bytes).toBe(first.bytes);
  });

  it('knows nothing of another trunk', async () => {
    await using first = await open();
    await append(first, ['a'], 1);
    await using other = await FeatureCache.open(root, { ...kind, trunkSha256: sha256('other') });
    expect(other.has(key('a'))).toBe(false);
  });

  it('goes on in one file, run after run', async () => {
    for (const name of ['a', 'b', 'c']) {
      await using cache = await open();
      await append(cache, [name], 1);
    }
    expect(await files()).toHaveLength(1);
    await using all = await open();
    expect(['a', 'b', 'c'].every((name) => all.has(key(name)))).toBe(true);
  });

  it('cut off anywhere, keeps every whole block, and goes on behind the last', async () => {
    await using first = await open();
    await append(first, ['a'], 1);
    const whole = first.bytes;
    await append(first, ['b', 'c'], 10);
    const end = first.bytes;
    await first.close();
    const [file] = await files();
    const bytes = await readFile(file);
    for (let length = whole; length < end; length += 7) {
      await writeFile(file, bytes);
      await truncate(file, length);
      const cache = await open();
      expect(cache.has(key('a'))).toBe(true);
      expect(cache.has(key('b'))).toBe(false);
      await append(cache, ['d'], 20);
      await cache.close();
      const again = await open();
      expect(await read(again, 'a')).toEqual([1, 2, 3]);
      expect(await read(again, 'd')).toEqual([20, 21, 22]);
      await again.close();
    }
    expect(await files()).toHaveLength(1);
  });

  it('never gives features that the disk altered', async () => {
    await using first = await open();
    await append(first, ['a'], 1);
    await first.close();
    const [file] = await files();
    const bytes = await readFile(file);
    bytes[bytes.length - 5] ^= 1;
    await writeFile(file, bytes);
    await using again = await open();
    const into = new Float32Array(3);
    expect(await again.read(new Map([[key('a'), [0]]]), into)).toEqual([key('a')]);
    expect([...into]).toEqual([0, 0, 0]);
    expect(again.has(key('a'))).toBe(false);
  });

  it('gives two writers a file each, and everybody reads both', async () => {
    const one = await open();
    const two = await open();
    await append(one, ['a'], 1);
    await append(two, ['b'], 10);
    await append(one, ['c'], 20);
    expect(await files()).toHaveLength(2);
    await one.close();
    await two.close();
    await using all = await open();
    expect(await read(all, 'b')).toEqual([10, 11, 12]);
    expect(await read(all, 'c')).toEqual([20, 21, 22]);
  });

  it('takes over what a process left that is no more, not what one is writing', async () => {
    const first = await open();
    await append(first, ['a'], 1);
    await first.close();
    const [file] = await files();
    const host = (await import('node:os')).hostname().replace(/[^A-Za-z0-9-]/g, '_');
    // The parent of this process lives; a number beyond every limit doesn't.
    for (const [owner, count] of [
      [`${process.ppid}-${host}`, 2],
      [`999999999-${host}`, 2],
      ['1-elsewhere', 3],
    ] as const) {
      const [old] = (await files()).filter((name) => name.includes('.free.'));
      await rename(old, old.replace('.free.', `.${owner}.`));
      const cache = await open();
      expect(cache.has(key('a'))).toBe(true);
      await append(cache, [`of ${owner}`], 1);
      await cache.close();
      expect(await files()).toHaveLength(count);
    }
    expect(file).toContain('.free.');
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.skipIf(!canMount)('says that the disk is full, and loses nothing', async (context) => {
    const disk = join(root, 'disk');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      return context.skip('mount is not allowed here');
    }
    try {
      const cache = await FeatureCache.open(disk, kind);
      await append(cache, ['a'], 1);
      const many = Array.from({ length: 2000 }, (_, i) => `many ${i}`);
      await expect(append(cache, many, 0)).rejects.toMatchObject({ code: 'CANT_WRITE', message: /ENOSPC.*Free/s });
      await append(cache, ['b'], 5);
      await cache.close();
      await using again = await FeatureCache.open(disk, kind);
      expect(await read(again, 'a')).toEqual([1, 2, 3]);
      expect(await read(again, 'b')).toEqual([5, 6, 7]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('passes over a file that is none of its own', async () => {
    await using first = await open();
    await append(first, ['a'], 1);
    await first.close();
    const [file] = await files();
    await appendFile(file, 'noise at the end');
    await writeFile(join(file, '..', 'x.free.features'), 'noise');
    await using again = await open();
    expect(await read(again, 'a')).toEqual([1, 2, 3]);
  });
});
