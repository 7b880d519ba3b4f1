/** @file What broken and foreign galleries are told: always an error, never something else than was written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../errors.ts';
import { bytesSource } from '../source.ts';
import { flip, mutations } from '../testing/mutations.ts';
import { fullGallery } from '../testing/samples.ts';
import { readState } from './open.ts';
import { type Gallery, openGallery } from './read.ts';
import type { Ragged, Stored } from './state.ts';
import { writeGallery } from './write.ts';

const bytes = writeGallery(fullGallery());
const ROWS = [0, 1, 2, 3];
/** What can be read, by name. */
const PARTS = {
  image: (gallery: Gallery) => gallery.image(),
  into: (gallery: Gallery) => gallery.image({ allocate: (parts) => parts.map((part) => new Uint8Array(part.bytes)) }),
  removed: (gallery: Gallery) => gallery.removed(),
  ids: (gallery: Gallery) => gallery.ids(),
  'ids of rows': (gallery: Gallery) => gallery.idsOf(ROWS),
  labels: (gallery: Gallery) => gallery.labels(),
  'labels of rows': (gallery: Gallery) => gallery.labelsOf(ROWS),
  metadata: (gallery: Gallery) => gallery.metadata(ROWS),
  thumbnails: (gallery: Gallery) => gallery.thumbnails(ROWS),
};
type Part = keyof typeof PARTS;

async function errorOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error) => error,
  );
}

/** The parts that fail, each with its code. */
async function failures(file: Uint8Array, parts: readonly Part[]): Promise<string> {
  const gallery = await openGallery(bytesSource(file));
  const found = await Promise.all(
    parts.map(async (part) => {
      const error = await errorOf(PARTS[part](gallery));
      return error === undefined ? [] : [`${part} ${error instanceof FormatError ? error.code : error}`];
    }),
  );
  return found.flat().join(', ');
}

/** Every byte that belongs to a section, and the parts that are made of it. */
async function placesOf(file: Uint8Array): Promise<Map<number, readonly Part[]>> {
  const { parts, segments } = await readState(bytesSource(file));
  const places = new Map<number, readonly Part[]>();
  const note = (stored: Stored | undefined, ...names: Part[]) => {
    for (let i = 0; i < (stored?.length ?? 0); i++) places.set(stored!.offset + i, names);
  };
  const noteRagged = (column: Ragged | Stored | undefined, ...names: Part[]) => {
    if (column === undefined || !('offsets' in column)) throw new Error('expected offsets and values');
    note(column.offsets, ...names);
    note(column.values, ...names);
  };
  for (const part of parts) note(part, 'image', 'into');
  const [{ removed, ids, labels, metadata, thumbnails }] = segments;
  note(removed, 'removed');
  noteRagged(ids, 'ids', 'ids of rows');
  noteRagged(labels, 'labels', 'labels of rows');
  noteRagged(metadata, 'metadata');
  note(thumbnails?.index, 'thumbnails');
  note(thumbnails?.images, 'thumbnails');
  return places;
}

/** Everything in a gallery, to be compared. */
async function contentOf(file: Uint8Array): Promise<unknown[]> {
  const gallery = await openGallery(bytesSource(file));
  await gallery.verify();
  const removed = await gallery.removed();
  return [gallery.meta, await gallery.image(), await gallery.tail(), removed, await gallery.items()];
}

describe('a damaged gallery', () => {
  it('shows every flipped bit of its superblock and directory when it is opened', async () => {
    const places = await placesOf(bytes);
    const first = Math.min(...places.keys());
    const directory = new DataView(bytes.buffer).getBigUint64(512 + 32, true);
    const end = 1536 + Number(directory);
    expect(first).toBe(Math.ceil(end / 64) * 64);
    const unexpected: number[] = [];
    for (let bit = 0; bit < first * 8; bit++) {
      const error = await errorOf(openGallery(bytesSource(flip(bytes, bit))));
      // Slot B holds no state, and behind the directory are the zeros up to the first section: nobody reads them.
      const isIdle = (bit >= 1024 * 8 && bit < 1536 * 8) || bit >= end * 8;
      if (isIdle ? error !== undefined : !(error instanceof FormatError)) unexpected.push(bit);
    }
    expect(unexpected).toEqual([]);
  });

  it('shows every flipped bit of a section when the part is read, and leaves the other parts readable', async () => {
    const places = await placesOf(bytes);
    const unexpected: string[] = [];
    for (const [at, parts] of places) {
      const expected = parts.map((part) => `${part} DAMAGED`).join(', ');
      for (let bit = 8 * at; bit < 8 * at + 8; bit++) {
        const all = bit % 8 === 0 ? (Object.keys(PARTS) as Part[]) : parts;
        const found = await failures(flip(bytes, bit), all);
        if (found !== expected) unexpected.push(`bit ${bit}: ${found}`);
      }
    }
    expect(unexpected).toEqual([]);
  });

  it('shows every truncation when it is opened', async () => {
    for (let size = 0; size < bytes.length; size++) {
      expect(await errorOf(openGallery(bytesSource(bytes.subarray(0, size)))), `${size} bytes`).toMatchObject({
        name: 'FormatError',
        code: 'TRUNCATED',
      });
    }
  });

  it('is none for what stands behind its end: an append that was never finished', async () => {
    const longer = Uint8Array.of(...bytes, 0, 1, 2);
    expect(await contentOf(longer)).toEqual(await contentOf(bytes));
  });

  it('shows any other change, by the whole check at the latest, or is what was written', async () => {
    const content = await contentOf(bytes);
    await fc.assert(
      fc.asyncProperty(mutations(bytes), async (broken) => {
        const [result] = await Promise.allSettled([contentOf(broken)]);
        if (result.status === 'fulfilled') expect(result.value).toEqual(content);
        else expect(result.reason).toBeInstanceOf(FormatError);
      }),
      { numRuns: 1000 },
    );
  });

  it('is read nevertheless where nobody wants it checked, as long as it makes sense', async () => {
    const [at] = [...(await placesOf(bytes))].find(([, parts]) => parts.includes('image'))!;
    const gallery = await openGallery(bytesSource(flip(bytes, 8 * at)), { verify: false });
    expect((await gallery.image()).parts[0].bytes[0]).toBe(1);
    await expect(gallery.verify()).rejects.toMatchObject({ code: 'DAMAGED' });
  });

  it('shows a source that gives less than it said', async () => {
    const short = {
      size: bytes.length,
      read: async (at: number, length: number) => bytes.subarray(at, at + length - 1),
    };
    await expect(openGallery(short)).rejects.toMatchObject({ code: 'TRUNCATED' });
  });
});

describe('a foreign file', () => {
  it('is called one', async () => {
    for (const other of ['\x89PNG\r\n\x1a\n', '\x0a\x0cdqn.codebook', 'GIF89a', '{}']) {
      const file = Uint8Array.from(other, (letter) => letter.charCodeAt(0));
      await expect(openGallery(bytesSource(file))).rejects.toMatchObject({ code: 'NOT_A_GALLERY' });
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (file) => {
        expect(await errorOf(openGallery(bytesSource(file)))).toBeInstanceOf(FormatError);
      }),
    );
  });

  it('of a newer schema wants an update', async () => {
    const newer = bytes.slice();
    newer[8] = 3;
    await expect(openGallery(bytesSource(newer))).rejects.toMatchObject({
      code: 'NEWER_SCHEMA',
      message: expect.stringMatching(/version 3.*up to 2.*Update/),
    });
  });
});
