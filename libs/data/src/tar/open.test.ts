/** @file A tar archive is the data set that it would be unpacked, whoever wrote it and however it is damaged. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../open.ts';
import { plainPng, temporaryFolder, writeTree } from '../testing/pictures.ts';
import { openTar, type TarDataset } from './open.ts';

const LONG = `${'a long folder/'.repeat(12)}red.png`;

async function tree(extra: Record<string, string | Uint8Array> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await writeTree(join(folder, 'in'), {
    'cat/red.png': await plainPng(255, 0, 0),
    'cat/ünï "x".png': await plainPng(0, 255, 0),
    'dog/deep/blue.png': await plainPng(0, 0, 255),
    [LONG]: await plainPng(255, 0, 0),
    'notes.txt': 'none of it',
    'dog/.hidden.png': 'none of it',
    ...extra,
  });
  return folder;
}

const pack = (folder: string, ...options: string[]): string => {
  const archive = join(folder, 'in.tar');
  execFileSync('tar', ['-C', join(folder, 'in'), ...options, '-cf', archive, '.']);
  return archive;
};

describe('a tar archive', () => {
  it.each(['gnu', 'pax', 'oldgnu', 'ustar'])('that tar wrote as %s holds what the folder does', async (format) => {
    const folder = await tree();
    const [folderSet, tar] = await Promise.all([
      openDataset(join(folder, 'in'), { labelsOptional: true }),
      openDataset(pack(folder, `--format=${format}`), { labelsOptional: true }),
    ]);
    const all = async (set: typeof tar) => {
      const rows = Array.from({ length: set.length }, (_, row) => row);
      const found = rows.map(async (row) => [
        set.id(row),
        set.labels(row).map((i) => set.classes[i]),
        await set.read(row),
      ]);
      return (await Promise.all(found)).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    };
    expect(await all(tar)).toEqual(await all(folderSet));
    expect(tar.name).toBe('in');
    expect(tar.path?.(0)).toBeUndefined();
    tar.close?.();
  });

  it('has the labels that its labels.csv gives', async () => {
    const folder = await tree({ 'labels.csv': 'path,labels\ncat/red.png,warm;red\ndog/deep/blue.png,cold\n' });
    const tar = await openTar(pack(folder));
    expect([tar.length, tar.classes, tar.labels(0), tar.labels(1)]).toEqual([2, ['cold', 'red', 'warm'], [1, 2], [0]]);
    tar.close();
    await writeFile(join(folder, 'in', 'labels.csv'), 'path,labels\ncat/gone.png,red\n');
    await expect(openTar(pack(folder))).rejects.toMatchObject({
      code: 'CSV_INVALID',
      message: expect.stringContaining('cat/gone.png'),
    });
  });

  it('has of two members with one path the later one, and names the one that is no picture', async () => {
    const folder = await tree({ 'cat/bad.png': 'no picture' });
    const archive = pack(folder);
    await writeFile(join(folder, 'in/cat/red.png'), await plainPng(0, 0, 9));
    execFileSync('tar', ['-C', join(folder, 'in'), '-rf', archive, './cat/red.png']);
    const tar = await openTar(archive, { labelsOptional: true });
    const row = (id: string) => Array.from({ length: tar.length }, (_, i) => i).find((i) => tar.id(i) === id)!;
    expect((await tar.read(row('cat/red.png'))).data.subarray(0, 3)).toEqual(Uint8Array.of(0, 0, 9));
    await expect(tar.read(row('cat/bad.png'))).rejects.toMatchObject({
      code: 'UNREADABLE_PICTURE',
      message: expect.stringContaining('cat/bad.png'),
    });
    tar.close?.();
  });

  it('is refused compressed, cut off, and where there is none', async () => {
    const folder = await tree();
    const bytes = await readFile(pack(folder));
    const [packed, cut, none] = ['a.tar.gz', 'b.tar', 'c.tar'].map((name) => join(folder, name));
    await writeFile(packed, gzipSync(bytes));
    await expect(openDataset(packed)).rejects.toMatchObject({
      code: 'TAR_INVALID',
      message: expect.stringContaining('it is compressed: unpack'),
    });
    await writeFile(cut, bytes.subarray(0, 1700));
    await expect(openTar(cut)).rejects.toMatchObject({ code: 'TAR_INVALID', message: expect.stringContaining(cut) });
    await expect(openTar(none)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });

  it('with any bytes changed opens or is refused, and nothing else', async () => {
    const folder = await tree();
    const bytes = await readFile(pack(folder));
    const path = join(folder, 'changed.tar');
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(bytes.length), async (changes, end) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        await writeFile(path, end % 3 === 0 ? changed.subarray(0, end) : changed);
        const opened = await openTar(path, { labelsOptional: true }).catch((error: unknown) => error);
        if (opened instanceof Error) expect(opened).toMatchObject({ name: 'DataError' });
        else (opened as TarDataset).close();
      }),
      { numRuns: 60 },
    );
  });
});
