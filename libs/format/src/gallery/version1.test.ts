/** @file What broken, foreign and forged galleries of schema version 1 are told. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../errors.ts';
import { GalleryHeader, SECTION_KIND } from '../messages/gallery.ts';
import { sha256 } from '../sha256.ts';
import { bytesSource } from '../source.ts';
import { flip, mutations } from '../testing/mutations.ts';
import { aligned, MAGIC, padding } from './layout.ts';
import { readState } from './open.ts';
import { type Gallery, openGallery } from './read.ts';
import type { SectionName } from './version1.ts';

const bytes = new Uint8Array(readFileSync(fileURLToPath(new URL('../../fixtures/v1/items.gallery', import.meta.url))));

/** Where the sections of a gallery stand. */
async function sectionsOf(file: Uint8Array) {
  const { parts, segments } = await readState(bytesSource(file));
  const { ids, labels, thumbnails } = segments[0];
  if (!ids || !labels || !thumbnails || !('joined' in ids) || !('joined' in labels)) throw new Error('no version 1');
  return new Map<SectionName, { offset: number; length: number }>([
    ['codes', parts[0]],
    ['ids', ids.joined],
    ['labels', labels.joined],
    ['thumbnail index', thumbnails.index],
    ['thumbnails', thumbnails.images],
  ]);
}

const PARTS: Record<string, (gallery: Gallery) => Promise<unknown>> = {
  codes: (gallery) => gallery.codes(),
  ids: (gallery) => gallery.ids(),
  labels: (gallery) => gallery.labels(),
  thumbnails: (gallery) => gallery.thumbnails([0, 1, 2, 3]),
};

/** Reads some parts; their errors by name. */
async function readParts(file: Uint8Array, names: readonly string[]): Promise<Record<string, unknown>> {
  const gallery = await openGallery(bytesSource(file));
  const errors = await Promise.all(names.map(async (name) => [name, await errorOf(PARTS[name](gallery))] as const));
  return Object.fromEntries(errors.filter(([, error]) => error !== undefined));
}

async function errorOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error) => error,
  );
}

/** A gallery whose checksums hold, whatever is in it. */
function forge(
  parts: [kind: number, bytes: Uint8Array][],
  header: Partial<GalleryHeader> = {},
  version = 1,
): Uint8Array {
  let offset = 0;
  const sections = parts.map(([kind, part]) => {
    const section = { kind, offset, length: part.length, sha256: sha256(part, padding(part.length)) };
    offset += aligned(part.length);
    return section;
  });
  const base = {
    codebookSha256: new Uint8Array(32),
    m: 1,
    k: 2,
    count: 1,
    classes: ['a'],
    thumbnailType: '',
    sections,
  };
  const encoded = GalleryHeader.encode({ ...base, ...header });
  const prefix = new Uint8Array(48);
  prefix.set(MAGIC);
  new DataView(prefix.buffer).setUint32(8, version, true);
  new DataView(prefix.buffer).setUint32(12, encoded.length, true);
  const filling = padding(48 + encoded.length);
  prefix.set(sha256(prefix.subarray(0, 16), encoded, filling), 16);
  const pieces = [prefix, encoded, filling, ...parts.flatMap(([, part]) => [part, padding(part.length)])];
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

const one = Uint8Array.of(1, 0, 0, 0);
const none = Uint8Array.of(0, 0, 0, 0);
/** Sections of a gallery of one item, each of which may be replaced. */
function sections(replaced: Partial<Record<SectionName, Uint8Array>> = {}): [number, Uint8Array][] {
  const all = { codes: Uint8Array.of(1), ids: Uint8Array.of(...one, 0x61), labels: none, ...replaced };
  return Object.entries(all).map(([name, part]) => [SECTION_KIND[name as SectionName], part]);
}

describe('a damaged gallery of version 1', () => {
  it('shows every single flipped bit when the part is read, and leaves the other parts readable', async () => {
    const found = await sectionsOf(bytes);
    const start = found.get('codes')!.offset;
    const parts: [SectionName, string][] = [
      ['codes', 'codes'],
      ['ids', 'ids'],
      ['labels', 'labels'],
      ['thumbnail index', 'thumbnails'],
      ['thumbnails', 'thumbnails'],
    ];
    // Thousands of cases: plain comparisons, and one expectation.
    const unexpected: string[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const broken = flip(bytes, bit);
      const at = bit >> 3;
      if (at < start) {
        const error = await errorOf(openGallery(bytesSource(broken)));
        if (!(error instanceof FormatError)) unexpected.push(`bit ${bit}: ${error}`);
        continue;
      }
      const [section, part] = parts.findLast(([name]) => found.get(name)!.offset <= at)!;
      const { offset, length } = found.get(section)!;
      // One bit of each byte shows that the other parts stay readable.
      const errors = await readParts(broken, bit % 8 === 0 ? Object.keys(PARTS) : [part]);
      const seen = Object.entries(errors).map(
        ([name, error]) => `${name} ${error instanceof FormatError && error.code}`,
      );
      // Behind the last thumbnail nothing is read with them; the whole section shows it.
      const behind = section === 'thumbnails' && at >= offset + length;
      if (behind) {
        const gallery = await openGallery(bytesSource(broken));
        const error = await errorOf(gallery.verify());
        seen.push(`${part} ${error instanceof FormatError && error.code}`);
      }
      if (seen.join() !== `${part} DAMAGED`) unexpected.push(`bit ${bit}: ${seen}`);
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

  it('shows bytes that were added behind its end', async () => {
    const longer = Uint8Array.of(...bytes, 0);
    await expect(openGallery(bytesSource(longer))).rejects.toMatchObject({ code: 'DAMAGED' });
  });

  it('shows any other change, by the whole check at the latest', async () => {
    await fc.assert(
      fc.asyncProperty(mutations(bytes), async (broken) => {
        const error = await errorOf(openGallery(bytesSource(broken)).then((gallery) => gallery.verify()));
        expect(error).toBeInstanceOf(FormatError);
      }),
      { numRuns: 500 },
    );
  });

  it('is read nevertheless where nobody wants it checked, as long as it makes sense', async () => {
    const found = await sectionsOf(bytes);
    const broken = flip(bytes, 8 * found.get('thumbnails')!.offset);
    const gallery = await openGallery(bytesSource(broken), { verify: false });
    expect((await gallery.thumbnail(0))?.slice(0, 3)).toEqual(Uint8Array.of(1, 1, 2));
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

describe('a file of another version', () => {
  it('of a newer schema wants an update', async () => {
    await expect(openGallery(bytesSource(forge(sections(), {}, 3)))).rejects.toMatchObject({
      code: 'NEWER_SCHEMA',
      message: expect.stringMatching(/version 3.*up to 2.*Update/),
    });
  });
});

describe('a gallery of version 1 that is whole but cannot be', () => {
  async function verify(file: Uint8Array): Promise<void> {
    const gallery = await openGallery(bytesSource(file));
    await gallery.verify();
  }

  it('is told from one that can', async () => {
    await verify(forge(sections()));
    await verify(forge([...sections(), [77, Uint8Array.of(1, 2, 3)]]));
  });

  it('is refused for its header', async () => {
    for (const header of [
      { m: 0 },
      { m: 33 },
      { m: 2 },
      { k: 1 },
      { k: 3 },
      { k: 512 },
      { count: 0 },
      { count: 2 },
      { count: 2 ** 53 },
      { count: 2 ** 60 },
      { codebookSha256: new Uint8Array(31) },
      { sections: [] },
      { sections: [{ kind: 1, offset: 64, length: 1, sha256: new Uint8Array(32) }] },
      { sections: [{ kind: 1, offset: 0, length: 2 ** 50, sha256: new Uint8Array(32) }] },
      { sections: [{ kind: 1, offset: 0, length: 1, sha256: new Uint8Array(3) }] },
    ]) {
      await expect(verify(forge(sections(), header)), JSON.stringify(header)).rejects.toMatchObject({
        code: 'BAD_CONTENT',
      });
    }
    await expect(verify(forge(sections(), {}, 0))).rejects.toMatchObject({ code: 'DAMAGED' });
    await expect(verify(forge([...sections(), ...sections()]))).rejects.toMatchObject({ code: 'BAD_CONTENT' });
  });

  it('is refused for a section', async () => {
    const cases: [string, Partial<Record<SectionName, Uint8Array>>][] = [
      ['BAD_CONTENT', { codes: Uint8Array.of(2) }],
      ['BAD_CONTENT', { ids: Uint8Array.of(2, 0, 0, 0, 0x61) }],
      ['BAD_CONTENT', { ids: Uint8Array.of(1, 0, 0, 0, 0x61, 0x62) }],
      ['BAD_CONTENT', { ids: Uint8Array.of(1, 0, 0, 0, 0xff) }],
      ['BAD_CONTENT', { ids: Uint8Array.of(255, 255, 255, 255, 0x61) }],
      ['BAD_CONTENT', { labels: Uint8Array.of(...one, ...one) }],
      ['BAD_CONTENT', { labels: Uint8Array.of(...one) }],
      ['BAD_CONTENT', { labels: Uint8Array.of(...none, ...none) }],
      ['BAD_CONTENT', { labels: Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0) }],
      ['BAD_CONTENT', { thumbnails: Uint8Array.of(1) }],
      ['BAD_CONTENT', { 'thumbnail index': new Uint8Array(16).fill(255), thumbnails: Uint8Array.of(1) }],
    ];
    for (const [code, replaced] of cases) {
      await expect(verify(forge(sections(replaced))), JSON.stringify(replaced)).rejects.toMatchObject({ code });
    }
  });

  it('is refused for an id that occurs twice', async () => {
    const twice = {
      codes: Uint8Array.of(0, 1),
      ids: Uint8Array.of(...one, ...one, 0x61, 0x61),
      labels: Uint8Array.of(...none, ...none),
    };
    await expect(verify(forge(sections(twice), { count: 2 }))).rejects.toMatchObject({
      code: 'DUPLICATE_ID',
      message: expect.stringContaining('"a"'),
    });
  });

  it('never crashes the reader', async () => {
    const part = fc.uint8Array({ maxLength: 40 });
    const forged = fc.record({
      parts: fc.array(fc.tuple(fc.nat(6), part), { maxLength: 6 }),
      header: fc.record({
        m: fc.nat(4),
        k: fc.constantFrom(0, 2, 4, 256),
        count: fc.nat(5),
        thumbnailType: fc.string(),
      }),
    });
    await fc.assert(
      fc.asyncProperty(forged, async ({ parts, header }) => {
        const error = await errorOf(verify(forge(parts, header)));
        if (error !== undefined) expect(error).toBeInstanceOf(FormatError);
      }),
      { numRuns: 500 },
    );
  });
});
