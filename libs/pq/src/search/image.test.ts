import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PqError } from '../errors.ts';
import { Arena } from '../kernels/arena.ts';
import { createRandom } from '../random.ts';
import { expectSame, openStructure, Searched, scanned } from '../testing/searches.ts';
import { type BuildOptions, buildStructure } from './build.ts';
import type { IndexImage } from './structure.ts';

const draw = createRandom(9);
const random = (length: number, below: number) => Uint8Array.from({ length }, () => draw.integer(below));
const ids = (n: number) => draw.shuffle(Uint32Array.from({ length: n }, (_, i) => 2 * i));

/** One of each arrangement. */
const all: Record<string, BuildOptions> = {
  'low bits in a plane': { codebook: { M: 5, K: 16 }, codes: random(5 * 300, 16), structure: 'coarse cells' },
  'low bits of 256 codewords': { codebook: { M: 3, K: 256 }, codes: random(3 * 80, 256), structure: 'multi-index' },
  'no low bits': { codebook: { M: 3, K: 2 }, codes: random(3 * 300, 2), structure: 'multi-index' },
  'one axis': { codebook: { M: 1, K: 4 }, codes: random(50, 4), structure: 'multi-index' },
  'codes kept once': {
    codebook: { M: 4, K: 8 },
    codes: random(4 * 400, 2),
    ids: ids(400),
    structure: 'multi-index',
    distinct: true,
  },
  'no cells': { codebook: { M: 4, K: 8 }, codes: random(4 * 60, 8), ids: ids(60), structure: 'flat' },
};

describe('an image that is not as it was written', () => {
  for (const [what, options] of Object.entries(all)) {
    const { codebook } = options;
    const { M, K } = codebook;
    const image = buildStructure(new Arena(), options).image();
    const parts = image.parts.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));

    /** Opens it; if that goes, searches must find what is in it. */
    const opensAsItIs = (changed: IndexImage, seed: number): void => {
      const arena = new Arena();
      let structure: ReturnType<typeof openStructure>;
      try {
        structure = openStructure(arena, changed, codebook);
      } catch (error) {
        if (error instanceof PqError && error.code === 'BAD_FILE') return;
        throw error;
      }
      const items = structure.items();
      const random = createRandom(seed);
      const table = Float32Array.from({ length: M * K }, () => random.integer(6));
      const place = new Searched(arena, structure);
      for (const k of [1, Math.min(20, items.ids.length)]) {
        const expected = scanned({ codebook, ...items }, table, { k });
        for (const kind of Object.keys(place.kernels)) {
          const got = place.ask(kind, table, { k });
          expectSame(got.distances, expected.distances, `${what}, ${kind}`);
          expectSame(got.ids, expected.ids, `${what}, ${kind}`);
        }
      }
    };

    it(`(${what}) is refused, or searched as the items that it holds`, () => {
      const part = fc.integer({ min: 0, max: parts.length - 1 });
      const flips = fc.array(fc.tuple(part, fc.nat(), fc.integer({ min: 0, max: 7 })), { minLength: 1, maxLength: 2 });
      fc.assert(
        fc.property(flips, fc.nat(), (places, seed) => {
          const changed = parts.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
          for (const [p, at, bit] of places) changed[p].bytes[at % changed[p].bytes.length] ^= 1 << bit;
          opensAsItIs({ ...image, parts: changed }, seed);
        }),
        { numRuns: 60 },
      );
    });

    it(`(${what}) is refused, or searched as the items that it holds, with bytes turned around or changed throughout`, () => {
      for (const { name } of parts) {
        const changes: ((byte: number, i: number) => number)[] = [
          (byte) => byte ^ 1,
          (byte) => byte ^ (K >> 1),
          () => 0,
          () => K - 1,
          (byte, i) => (i % 16 === 3 ? byte ^ (K >> 1) : byte),
        ];
        const made = parts
          .filter((part) => part.name === name)
          .flatMap(({ bytes }) => [
            ...changes.map((change) => bytes.map(change)),
            new Uint8Array(
              Uint32Array.from(new Uint32Array(bytes.slice(0, bytes.length & ~3).buffer)).reverse().buffer,
            ),
          ]);
        made.forEach((bytes, seed) => {
          opensAsItIs({ ...image, parts: parts.map((part) => (part.name === name ? { name, bytes } : part)) }, seed);
        });
      }
    });

    it(`(${what}) is refused, or searched as the items that it holds, with other facts`, () => {
      for (const [name, value] of Object.entries(image.facts)) {
        for (const other of [value - 1, value + 1, 0, M, 4, 2 ** 32 - 1, 0.5, Number.NaN]) {
          opensAsItIs({ ...image, facts: { ...image.facts, [name]: other }, parts }, 1);
        }
        const { [name]: _gone, ...facts } = image.facts;
        opensAsItIs({ ...image, facts, parts }, 1);
      }
      for (const count of [image.count - 1, image.count + 1, -1, 2 ** 32, 0.5]) {
        opensAsItIs({ ...image, count, parts }, 1);
      }
      for (const { name } of parts) {
        const without = { ...image, parts: parts.filter((part) => part.name !== name) };
        const shorter = parts.map((part) => (part.name === name ? { name, bytes: part.bytes.slice(1) } : part));
        opensAsItIs(without, 1);
        opensAsItIs({ ...image, parts: shorter }, 1);
      }
      expect(() => openStructure(new Arena(), { ...image, version: 2 }, codebook)).toThrow(PqError);
      expect(() => openStructure(new Arena(), { ...image, kind: 'tree' as 'flat' }, codebook)).toThrow(PqError);
    });
  }
});

it('a flat image is read in whatever order its items stand', () => {
  const { codebook, codes } = all['no cells'];
  const given = Uint32Array.from({ length: 60 }, (_, i) => (i * 7919) % 1009);
  const parts = [
    { name: 'codes', bytes: codes },
    { name: 'ids', bytes: new Uint8Array(given.slice().buffer) },
  ];
  const { M, K } = codebook;
  const image: IndexImage = { kind: 'flat', version: 1, M, K, count: 60, facts: {}, parts };
  const items = openStructure(new Arena(), image, codebook).items();
  expect(items).toEqual(buildStructure(new Arena(), { codebook, codes, ids: given, structure: 'flat' }).items());
  expect(items.ids).toEqual(given.slice().sort());
});
