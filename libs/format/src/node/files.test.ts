import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openGallery } from '../gallery/read.ts';
import { galleryChunks } from '../gallery/write.ts';
import { checkWritable, fileSource, readFileChecked, writeFileAtomic } from '../node.ts';
import { sampleGallery } from '../testing/samples.ts';

// `open` can be made to give files that fail.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, open: vi.fn(real.open) };
});
const realOpen = (await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises')).open;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-format-'));
});
afterEach(async () => {
  vi.mocked(open).mockImplementation(realOpen);
  await rm(folder, { recursive: true, force: true });
});

/** Makes files that are written fail in one of their methods. */
function failing(method: 'write' | 'sync', code: string, afterCalls = 0): void {
  vi.mocked(open).mockImplementation(async (path, flags) => {
    const handle = await realOpen(path, flags);
    if (flags !== 'wx') return handle;
    const real = handle[method].bind(handle) as (...rest: unknown[]) => Promise<unknown>;
    let calls = 0;
    Object.assign(handle, {
      [method]: async (...rest: unknown[]) => {
        if (calls++ >= afterCalls) throw Object.assign(new Error(`${code}: it failed`), { code });
        return real(...rest);
      },
    });
    return handle;
  });
}

describe('checkWritable', () => {
  it('says beforehand what writeFileAtomic would say at the end, and leaves nothing', async () => {
    await checkWritable(join(folder, 'file'));
    await writeFile(join(folder, 'old'), 'old');
    await checkWritable(join(folder, 'old'));
    expect(await readFile(join(folder, 'old'), 'utf8')).toBe('old');
    await expect(checkWritable(join(folder, 'none', 'file'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await mkdir(join(folder, 'sub'));
    await expect(checkWritable(join(folder, 'sub'))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('EISDIR'),
    });
    vi.mocked(open).mockRejectedValue(Object.assign(new Error('no'), { code: 'EROFS' }));
    await expect(checkWritable(join(folder, 'old'))).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect((await readdir(folder)).sort()).toEqual(['old', 'sub']);
  });
});

describe('writeFileAtomic', () => {
  it('writes bytes, pieces and pieces that arrive one by one', async () => {
    const pieces = [Uint8Array.of(1), new Uint8Array(0), new Uint8Array(3_000_000).fill(2), Uint8Array.of(3)];
    const whole = Buffer.concat(pieces);
    async function* arriving() {
      yield* pieces;
    }
    for (const content of [new Uint8Array(whole), pieces, arriving()]) {
      await writeFileAtomic(join(folder, 'file'), content);
      expect(whole.equals(await readFile(join(folder, 'file')))).toBe(true);
    }
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('writes an empty file', async () => {
    await writeFileAtomic(join(folder, 'file'), new Uint8Array(0));
    expect((await stat(join(folder, 'file'))).size).toBe(0);
  });

  it('replaces what is there, behind a link, too', async () => {
    await writeFile(join(folder, 'file'), 'old');
    await symlink('file', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), Uint8Array.of(0x6e, 0x65, 0x77));
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('new');
    expect((await readdir(folder)).sort()).toEqual(['file', 'link']);
  });

  it('leaves the old file and nothing else when the disk is full', async () => {
    await writeFile(join(folder, 'file'), 'old');
    for (const [method, after] of [
      ['write', 0],
      ['write', 1],
      ['sync', 0],
    ] as const) {
      failing(method, 'ENOSPC', after);
      const pieces = [new Uint8Array(2_000_000), new Uint8Array(2_000_000)];
      await expect(writeFileAtomic(join(folder, 'file'), pieces)).rejects.toMatchObject({
        name: 'FormatError',
        code: 'DISK_FULL',
        message: expect.stringContaining(join(folder, 'file')),
        cause: { code: 'ENOSPC' },
      });
      expect(await readdir(folder)).toEqual(['file']);
      expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
    }
  });

  it('leaves the old file and nothing else when writing fails otherwise', async () => {
    await writeFile(join(folder, 'file'), 'old');
    failing('write', 'EIO');
    await expect(writeFileAtomic(join(folder, 'file'), Uint8Array.of(1))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('hands on what the pieces throw, and leaves nothing', async () => {
    function* broken() {
      yield Uint8Array.of(1);
      throw new TypeError('the picture is broken');
    }
    await expect(writeFileAtomic(join(folder, 'file'), broken())).rejects.toThrow(TypeError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops when aborted, before and half-way, and leaves nothing', async () => {
    const controller = new AbortController();
    function* pieces() {
      yield new Uint8Array(2_000_000);
      controller.abort(new Error('enough'));
      yield new Uint8Array(2_000_000);
    }
    const { signal } = controller;
    await expect(writeFileAtomic(join(folder, 'file'), pieces(), { signal })).rejects.toThrow('enough');
    await expect(writeFileAtomic(join(folder, 'file'), Uint8Array.of(1), { signal })).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says that the folder is missing, or that a folder is in the way', async () => {
    await expect(writeFileAtomic(join(folder, 'no/file'), Uint8Array.of(1))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await mkdir(join(folder, 'taken'));
    await expect(writeFileAtomic(join(folder, 'taken'), Uint8Array.of(1))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('lets two write the same file at once: one of them wins whole', async () => {
    const contents = [1, 2, 3, 4].map((value) => new Uint8Array(100_000).fill(value));
    await Promise.all(contents.map((content) => writeFileAtomic(join(folder, 'file'), content)));
    const found = await readFile(join(folder, 'file'));
    expect(contents.some((content) => found.equals(content))).toBe(true);
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('fileSource', () => {
  it('reads ranges of a gallery', async () => {
    const path = join(folder, 'items.gallery');
    await writeFileAtomic(path, galleryChunks(sampleGallery()));
    await using gallery = await openGallery(await fileSource(path));
    await gallery.verify();
    expect(await gallery.items()).toEqual(sampleGallery().items.map((item) => ({ thumbnail: undefined, ...item })));
  });

  it('says that there is no file, or that it is a folder', async () => {
    await expect(fileSource(join(folder, 'no'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(fileSource(folder)).rejects.toMatchObject({ code: 'READ_FAILED' });
  });

  it('gives what is left of a file that has shrunk, so that the reader tells', async () => {
    const path = join(folder, 'items.gallery');
    await writeFileAtomic(path, galleryChunks(sampleGallery()));
    await using gallery = await openGallery(await fileSource(path));
    await truncate(path, 300);
    await expect(gallery.labels()).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  it('is closed once and for all', async () => {
    await writeFile(join(folder, 'file'), 'abc');
    const source = await fileSource(join(folder, 'file'));
    await source.close();
    await source.close();
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('stops when aborted', async () => {
    await writeFile(join(folder, 'file'), 'abc');
    await using source = await fileSource(join(folder, 'file'));
    await expect(source.read(0, 1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

describe('readFileChecked', () => {
  it('gives the bytes of a file', async () => {
    await writeFile(join(folder, 'file'), Uint8Array.of(1, 2, 3));
    expect(await readFileChecked(join(folder, 'file'))).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('says what is wrong', async () => {
    await expect(readFileChecked(join(folder, 'no'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readFileChecked(folder)).rejects.toMatchObject({ code: 'READ_FAILED', cause: { code: 'EISDIR' } });
    await writeFile(join(folder, 'file'), 'x');
    await chmod(join(folder, 'file'), 0o000);
    // root reads everything
    if (process.getuid?.() !== 0) {
      await expect(readFileChecked(join(folder, 'file'))).rejects.toMatchObject({ code: 'READ_FAILED' });
    }
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readFileChecked(join(folder, 'file'), signal)).rejects.toThrow('enough');
  });
});
