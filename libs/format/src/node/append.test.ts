import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGallery } from '../gallery/read.ts';
import { galleryChunks } from '../gallery/write.ts';
import { fileSource, openGalleryWriter, writeFileAtomic } from '../node.ts';
import { sampleGallery } from '../testing/samples.ts';

let folder: string;
let path: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-append-'));
  path = join(folder, 'items.gallery');
  lock = join(folder, '.items.gallery.lock');
  await writeFileAtomic(path, galleryChunks(sampleGallery()));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const one = (id: string, code = 0) => ({ items: [{ id, labels: [] }], codes: Uint8Array.of(code, 0) });

function flatImage(...rows: number[]) {
  return {
    ...{ kind: 'flat', version: 1, M: 2, K: 4, count: rows.length, facts: {} },
    parts: [
      { name: 'codes', bytes: Uint8Array.of(0, 1, 2, 3, 3, 3, 2, 0) },
      { name: 'ids', bytes: new Uint8Array(Uint32Array.from(rows).buffer) },
    ],
  };
}

async function idsOf(file: string): Promise<string[]> {
  await using gallery = await openGallery(await fileSource(file));
  await gallery.verify();
  return await gallery.idTexts();
}

describe('a writer of a gallery', () => {
  it("doesn't touch one that a server's journal continues", async () => {
    await writeFile(join(folder, 'items.gallery.journal.3'), '');
    await expect(openGalleryWriter(path)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('items.gallery.journal.3'),
    });
    await rm(join(folder, 'items.gallery.journal.3'));
    await (await openGalleryWriter(path)).close();
    expect(await readdir(folder)).toEqual(['items.gallery']);
  });

  it('adds to the file with each commit, and to nothing without one', async () => {
    const before = await idsOf(path);
    const writer = await openGalleryWriter(path);
    expect(await writer.append(one('x'))).toBe(4);
    expect(writer.pending).toEqual({ rows: 1, removed: 0 });
    expect(await idsOf(path)).toEqual(before);
    expect(await writer.commit()).toMatchObject({ generation: 2, rows: 5, count: 5 });
    expect(await writer.upsert(one('x', 1))).toBe(5);
    expect(await writer.remove({ rows: [0] })).toBe(1);
    await writer.commit();
    await writer.append(one('never'));
    await writer.close();
    await writer.close();
    expect(await idsOf(path)).toEqual([...before, 'x', 'x']);
    await using gallery = await openGallery(await fileSource(path));
    expect([...(await gallery.removed())]).toEqual([0, 4]);
    expect(await readdir(folder)).toEqual(['items.gallery']);
    await expect(writer.append(one('y'))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('does one thing after the other, whoever calls', async () => {
    await using writer = await openGalleryWriter(path);
    const names = Array.from({ length: 20 }, (_, i) => `item ${i}`);
    const results = await Promise.allSettled(
      [...names, ...names].flatMap((name) => [writer.append(one(name)), writer.commit()]),
    );
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(20);
    expect((await idsOf(path)).slice(4)).toEqual(names);
  });

  it('cuts off what an append left that was killed', async () => {
    const { size } = await stat(path);
    await writeFile(path, 'left over', { flag: 'a' });
    await using writer = await openGalleryWriter(path);
    await writer.append(one('x'));
    await writer.commit();
    expect((await idsOf(path)).at(-1)).toBe('x');
    expect((await readFile(path)).subarray(size).includes('left over')).toBe(false);
  });

  it('compacts the file in place', async () => {
    await using writer = await openGalleryWriter(path);
    await writer.upsert(one('d', 2));
    const image = flatImage(0, 1, 2, 4);
    await expect(writer.compact(image)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await writer.commit();
    await using reader = await openGallery(await fileSource(path));
    expect(await writer.compact(image)).toMatchObject({ generation: 3, rows: 5, count: 4, tail: 0 });
    await writer.append(one('later'));
    await writer.commit();
    expect(await idsOf(path)).toEqual([
      ...(sampleGallery().items.map(({ id }) => id) as string[]).with(3, ''),
      'd',
      'later',
    ]);
    // Who opened it before reads on.
    expect((await reader.idTexts()).length).toBe(5);
    await reader.verify();
  });

  it('refuses what is no gallery, an old one, or none, and leaves no lock', async () => {
    await expect(openGalleryWriter(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const old = join(folder, 'old.gallery');
    await copyFile(fileURLToPath(new URL('../../fixtures/v1/items.gallery', import.meta.url)), old);
    await expect(openGalleryWriter(old)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/version 1.*anew/),
    });
    await writeFile(join(folder, 'text'), 'text');
    await expect(openGalleryWriter(join(folder, 'text'))).rejects.toMatchObject({ code: 'NOT_A_GALLERY' });
    await expect(openGalleryWriter(path, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect((await readdir(folder)).sort()).toEqual(['items.gallery', 'old.gallery', 'text']);
  });
});

describe('two writers', () => {
  it('are one too many: the second is told who the first is', async () => {
    const writer = await openGalleryWriter(path);
    await symlink('items.gallery', join(folder, 'link.gallery'));
    for (const same of [path, join(folder, 'link.gallery')]) {
      await expect(openGalleryWriter(same)).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`Process ${process.pid} writes to`),
      });
    }
    await writer.close();
    await (await openGalleryWriter(path)).close();
  });

  it('at the very same moment: one of them gets it', async () => {
    await writeFile(lock, `999999999 ${hostname()} abc`);
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => openGalleryWriter(path)));
    const writers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(writers).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'LOCKED' });
    }
    await writers[0].close();
    expect(await readdir(folder)).toEqual(['items.gallery']);
  });

  it('are kept apart by processes that live, not by those that were killed', async () => {
    await writeFile(lock, `${process.ppid} ${hostname()} abc`);
    await expect(openGalleryWriter(path)).rejects.toThrow(`Process ${process.ppid} writes to`);
    await writeFile(lock, '999999999 elsewhere - abc');
    // One that lives says so.
    const beating = setInterval(() => void utimes(lock, new Date(), new Date()), 100);
    await expect(openGalleryWriter(path)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(/Process 999999999 on elsewhere.*delete .*\.lock/),
    });
    clearInterval(beating);
    for (const gone of [`999999999 ${hostname()} abc`, `${process.pid} ${hostname()} abc`]) {
      await writeFile(lock, gone);
      await (await openGalleryWriter(path)).close();
    }
  });

  it.each(['commit', 'compact'] as const)(
    'leave what the other one committed, if the lock is deleted before a %s',
    async (how) => {
      const first = await openGalleryWriter(path);
      // What another process does meanwhile, made elsewhere and put into the same file.
      const copy = join(folder, 'copy.gallery');
      await copyFile(path, copy);
      const second = await openGalleryWriter(copy);
      await second.append(one('second'));
      await second.commit();
      await second.close();
      const takeOver = () => {
        rmSync(lock, { force: true });
        writeFileSync(path, readFileSync(copy));
      };
      if (how === 'commit') {
        await first.append(one('first'));
        takeOver();
        await expect(first.commit()).rejects.toMatchObject({
          code: 'LOCKED',
          message: expect.stringContaining('anew'),
        });
      } else {
        const { signal } = new AbortController();
        // Asked while the new file is being written.
        signal.throwIfAborted = () => {
          if (readdirSync(folder).some((name) => name.endsWith('.part'))) takeOver();
        };
        await expect(first.compact(flatImage(0, 1, 2, 3), { signal })).rejects.toMatchObject({ code: 'LOCKED' });
      }
      await first.close();
      expect(await readFile(path)).toEqual(await readFile(copy));
      expect((await idsOf(path)).at(-1)).toBe('second');
    },
  );

  it('are noticed before anything is spoilt, even if the lock is deleted or the file replaced', async () => {
    const first = await openGalleryWriter(path);
    await first.append(one('first'));
    await rm(lock);
    // The same process knows its own locks; another one would get the gallery now.
    await expect(openGalleryWriter(path)).rejects.toMatchObject({ code: 'LOCKED' });
    await writeFile(lock, `${process.ppid} ${hostname()} abc`);
    await expect(first.commit()).rejects.toMatchObject({ code: 'LOCKED' });
    await first.close();
    expect(await readFile(lock, 'utf8')).toContain(' abc');
    await rm(lock);
    const third = await openGalleryWriter(path);
    await third.append(one('third'));
    await writeFileAtomic(path, galleryChunks(sampleGallery()));
    await expect(third.commit()).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('replaced'),
    });
    await third.close();
    expect(await idsOf(path)).toHaveLength(4);
  });
});
