/** @file What galleries are told whose checksums hold, but which cannot be: their writer was wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { GalleryDirectory, type Segment as SegmentMessage, type Stored } from '../messages/gallery.ts';
import { sha256 } from '../sha256.ts';
import { bytesSource } from '../source.ts';
import { fullGallery, sampleGallery } from '../testing/samples.ts';
import { aligned } from './layout.ts';
import { openGallery } from './read.ts';
import { firstSuperblock, readSuperblock } from './superblock.ts';
import { writeGallery } from './write.ts';

const u32 = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);

type Segment = Partial<SegmentMessage>;
type Directory = Omit<GalleryDirectory, 'segments'> & { segments: Segment[] };

const full = writeGallery(fullGallery());
const flat = writeGallery(sampleGallery());

/** A gallery whose directory has been edited; `put` gives it more sections. Its checksums hold. */
function forge(
  edit: (directory: Directory, put: (bytes: ArrayLike<number>) => Stored) => void,
  from = full,
): Uint8Array {
  const { directoryOffset, directoryLength } = readSuperblock(from, from.length);
  const directory = GalleryDirectory.decode(from.subarray(directoryOffset, directoryOffset + directoryLength));
  let bytes = from;
  const add = (more: Uint8Array): number => {
    const offset = bytes.length;
    const longer = new Uint8Array(aligned(offset + more.length));
    longer.set(bytes);
    longer.set(more, offset);
    bytes = longer;
    return offset;
  };
  edit(directory, (numbers) => {
    const section = Uint8Array.from(numbers);
    const checksums = section.length === 0 ? new Uint8Array(0) : u32(crc32(section));
    return { offset: add(section), length: section.length, blockBytes: 65_536, checksums };
  });
  const encoded = GalleryDirectory.encode(directory as GalleryDirectory);
  const offset = add(encoded);
  const slot = { generation: 1, fileLength: bytes.length, directoryOffset: offset, directoryLength: encoded.length };
  bytes.set(firstSuperblock({ ...slot, directorySha256: sha256(encoded) }));
  return bytes;
}

async function verify(file: Uint8Array): Promise<void> {
  const gallery = await openGallery(bytesSource(file));
  await gallery.verify();
  await gallery.items();
  await gallery.tail();
}

const base = (directory: Directory): Segment => directory.segments[0];

describe('a gallery that is whole but cannot be', () => {
  it('is told from one that can', async () => {
    await verify(forge(() => {}));
    await verify(forge(() => {}, flat));
    const more = { rows: 1, idOffsets: {}, ids: {}, codes: {} };
    await verify(
      forge((directory, put) => {
        directory.segments.push({ ...more, idOffsets: put(u32(0, 1)), ids: put([97]), codes: put([0, 3]) });
      }),
    );
  });

  it('is refused for its directory', async () => {
    const wrong: ((directory: Directory) => void)[] = [
      (d) => Object.assign(d, { m: 0 }),
      (d) => Object.assign(d, { m: 33 }),
      (d) => Object.assign(d, { k: 3 }),
      (d) => Object.assign(d, { k: 512 }),
      (d) => Object.assign(d, { codebookSha256: new Uint8Array(31) }),
      (d) => Object.assign(d, { idKind: 0 }),
      (d) => Object.assign(d, { idKind: 9 }),
      (d) => Object.assign(d, { image: null }),
      (d) => Object.assign(d, { segments: [] }),
      (d) => d.segments.push({ rows: 0 }),
      (d) => d.segments.push(base(d)),
      (d) => Object.assign(base(d), { rows: 3 }),
      (d) => Object.assign(base(d), { rows: 2 ** 32 }),
      (d) => Object.assign(base(d), { rows: 2 ** 60 }),
      (d) => Object.assign(base(d), { ids: null }),
      (d) => Object.assign(base(d), { ids: null, idOffsets: null }),
      (d) => Object.assign(base(d), { labelOffsets: null }),
      (d) => Object.assign(base(d), { thumbnails: null }),
      (d) => Object.assign(base(d), { thumbnailIndex: base(d).ids }),
      (d) => Object.assign(base(d), { codes: base(d).ids }),
      (d) => Object.assign(base(d), { removed: null }),
      (d) => Object.assign(base(d).ids!, { offset: 65 }),
      (d) => Object.assign(base(d).ids!, { offset: 2 ** 40 }),
      (d) => Object.assign(base(d).ids!, { length: 2 ** 40 }),
      (d) => Object.assign(base(d).ids!, { blockBytes: 0 }),
      (d) => Object.assign(base(d).ids!, { blockBytes: 100 }),
      (d) => Object.assign(base(d).ids!, { checksums: new Uint8Array(0) }),
      (d) => Object.assign(d.image!, { count: 4 }),
      (d) => Object.assign(d.image!, { kind: '' }),
      (d) => Object.assign(d.image!, { kind: 'flat' }),
      (d) => Object.assign(d.image!, { version: 0 }),
      (d) => Object.assign(d.image!, { facts: { a: Number.NaN } }),
      (d) => Object.assign(d.image!.parts![1], { name: 'cells' }),
      (d) => Object.assign(d.image!.parts![0], { stored: null }),
    ];
    for (const edit of wrong) {
      await expect(verify(forge(edit)), String(edit)).rejects.toMatchObject({ code: 'BAD_CONTENT' });
    }
  });

  it('is refused for a section', async () => {
    const text = (value: string) => [...new TextEncoder().encode(value)];
    const wrong: [string, (segment: Segment, put: (bytes: ArrayLike<number>) => Stored) => void][] = [
      ['ids out of order', (s, put) => Object.assign(s, { idOffsets: put(u32(0, 17, 3, 3, 18)) })],
      ['ids that end elsewhere', (s, put) => Object.assign(s, { ids: put([97]) })],
      [
        'ids that begin elsewhere',
        (s, put) => Object.assign(s, { idOffsets: put(u32(1, 1, 1, 1, 1)), ids: put([97]) }),
      ],
      [
        'an id that is no UTF-8',
        (s, put) => Object.assign(s, { idOffsets: put(u32(0, 1, 2, 2, 3)), ids: put([97, 255, 98]) }),
      ],
      ['an id that is empty', (s, put) => Object.assign(s, { idOffsets: put(u32(0, 1, 1, 1, 2)), ids: put([97, 98]) })],
      [
        'labels of no class',
        (s, put) => Object.assign(s, { labelOffsets: put(u32(0, 1, 1, 1, 1)), labels: put(u32(3)) }),
      ],
      ['labels beyond the end', (s, put) => Object.assign(s, { labelOffsets: put(u32(0, 9, 9, 9, 9)) })],
      [
        'metadata that are no JSON',
        (s, put) => Object.assign(s, { metadataOffsets: put(u32(0, 1, 1, 1, 1)), metadata: put([97]) }),
      ],
      [
        'metadata that are no object',
        (s, put) => Object.assign(s, { metadataOffsets: put(u32(0, 2, 2, 2, 2)), metadata: put(text('[]')) }),
      ],
      ['thumbnails beyond the end', (s, put) => Object.assign(s, { thumbnailIndex: put(new Uint8Array(64).fill(1)) })],
      ['a removed row that is none', (s, put) => Object.assign(s, { removed: put(u32(4)) })],
    ];
    for (const [what, edit] of wrong) {
      const file = forge((directory, put) => edit(base(directory), put));
      await expect(verify(file), what).rejects.toMatchObject({ code: 'BAD_CONTENT' });
    }
    const twice = forge((directory, put) => {
      Object.assign(base(directory), { idOffsets: put(u32(0, 1, 2, 2, 3)), ids: put([97, 98, 97]) });
    });
    await expect(verify(twice)).rejects.toMatchObject({
      code: 'DUPLICATE_ID',
      message: expect.stringContaining('"a"'),
    });
  });

  it('is refused for codes that no codeword has, or that stand elsewhere', async () => {
    const edits: ((directory: Directory, put: (bytes: ArrayLike<number>) => Stored) => void)[] = [
      (d, put) => Object.assign(d.image!.parts![0], { stored: put([0, 1, 2, 3, 4, 3, 2, 1]) }),
      (d, put) => d.image!.parts!.push({ name: 'ids', stored: put(u32(0, 1, 2, 4)) }),
      (d, put) => d.image!.parts!.push({ name: 'ids', stored: put(u32(0, 1, 1, 2)) }),
      (d, put) => d.segments.push({ rows: 1, codes: put([0, 4]), idOffsets: put(u32(0, 1)), ids: put([120]) }),
    ];
    for (const edit of edits) {
      const gallery = await openGallery(bytesSource(forge(edit, flat)));
      await expect(gallery.verify(), String(edit)).rejects.toMatchObject({ code: 'BAD_CONTENT' });
      await expect(gallery.codes(), String(edit)).rejects.toMatchObject({ code: 'BAD_CONTENT' });
    }
  });

  it('is refused for rows that are removed twice or before they are there', async () => {
    const more = { rows: 0, idOffsets: {}, ids: {}, codes: {} };
    for (const rows of [[2], [4], [1, 1], [3, 1]]) {
      const file = forge((directory, put) => {
        const empty = { idOffsets: put(u32(0)), ids: put([]), codes: put([]) };
        directory.segments.push({ ...more, ...empty, removed: put(u32(...rows)) });
      });
      await expect(verify(file), String(rows)).rejects.toMatchObject({ code: 'BAD_CONTENT' });
    }
  });

  it('never crashes the reader', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const names = ['removed', 'idOffsets', 'ids', 'labelOffsets', 'labels', 'metadataOffsets', 'metadata'] as const;
    const all = [...names, 'thumbnailIndex', 'thumbnails', 'codes'] as const;
    const edits = fc.record({
      m: fc.nat(4),
      k: fc.constantFrom(0, 2, 4, 256),
      idKind: fc.nat(4),
      kind: fc.constantFrom('flat', 'other', ''),
      count: fc.nat(4),
      segments: fc.array(
        fc.tuple(fc.nat(5), fc.array(fc.tuple(fc.constantFrom(...all), fc.option(bytes)), { maxLength: 4 })),
        { maxLength: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(edits, async ({ m, k, idKind, kind, count, segments }) => {
        const file = forge((directory, put) => {
          Object.assign(directory, { m, k, idKind });
          Object.assign(directory.image!, { kind, count });
          directory.segments = segments.map(([rows, sections], i) => ({
            ...(i === 0 ? base(directory) : {}),
            rows,
            ...Object.fromEntries(sections.map(([name, section]) => [name, section && put(section)])),
          }));
        });
        const error = await verify(file).catch((error) => error);
        if (error !== undefined) expect(error).toBeInstanceOf(FormatError);
      }),
      { numRuns: 500 },
    );
  });
});
