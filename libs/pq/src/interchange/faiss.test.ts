import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codebook } from '../codebook.ts';
import { createIndex } from '../live/create.ts';
import { createRandom } from '../random.ts';
import { scan } from '../scan.ts';
import { lookupTable } from '../table.ts';
import { fixture, fixtures, flipped, unlessRefused } from '../testing/fixtures.ts';
import { type FaissIndex, readFaiss, writeFaiss } from './faiss.ts';

interface Answer {
  query: number[];
  ids: number[];
  distances: number[];
}

/** A valid index of any shape. */
function someIndex(M: number, K: number, N: number, seed = 1): FaissIndex {
  const random = createRandom(seed);
  const D = 2 * M;
  const codebook: Codebook = { M, K, D, codewords: Float32Array.from({ length: K * D }, () => random.normal()) };
  return { codebook, codes: Uint8Array.from({ length: N * M }, () => random.integer(K)), distance: 'aqd' };
}

const files = fixtures(/^faiss-.*\.faiss$/);

describe('files that Faiss wrote', () => {
  it('are here from an old and a new Faiss', () => {
    expect(files.filter((name) => name.includes('-1.7.3-'))).toHaveLength(11);
    expect(files.filter((name) => name.includes('-1.15.1-'))).toHaveLength(11);
  });

  it.each(files)('%s: a scan and an index of what is read give the answers of Faiss', async (name) => {
    const { codebook, codes, distance, ids } = readFaiss(fixture(name));
    const answers: Answer[] = JSON.parse(new TextDecoder().decode(fixture(name.replace('.faiss', '.json'))));
    expect(distance).toBe(name.includes('-ip') ? 'ip' : name.includes('-sdc') ? 'sqd' : 'aqd');
    expect(ids === undefined).toBe(!name.includes('-ids'));
    using index = await createIndex({ codebook, codes, ids });
    for (const answer of answers) {
      const hits = index.search(Float32Array.from(answer.query), { k: answer.ids.length, distance });
      expect([...hits.ids]).toEqual(answer.ids);
      const table = lookupTable(codebook, Float32Array.from(answer.query), distance);
      const found = scan(codes, table, { ...codebook, k: answer.ids.length });
      expect(Array.from(found.rows, (row) => ids?.[row] ?? row)).toEqual(answer.ids);
      expect(hits.distances).toEqual(found.distances);
      for (const [i, ours] of found.distances.entries()) {
        const sign = distance === 'ip' ? -1 : 1;
        expect(Math.abs(sign * ours - answer.distances[i])).toBeLessThan(1e-4);
      }
    }
  });

  it.each(files.filter((name) => !/polysemous/.test(name)))('%s is what we write, to the byte', (name) => {
    const bytes = fixture(name);
    expect(Buffer.compare(writeFaiss(readFaiss(bytes)), bytes)).toBe(0);
  });

  it.each(['IxPQ', 'IxPo'])('of the older kind %s mean L2, whatever they say', (kind) => {
    const bytes = writeFaiss({ ...someIndex(2, 4, 3), distance: 'ip' });
    bytes.set(new TextEncoder().encode(kind));
    expect(readFaiss(kind === 'IxPQ' ? bytes.subarray(0, -9) : bytes).distance).toBe('aqd');
  });
});

describe('what is written', () => {
  it('is read again as it was: every number of bits, any number of codes, with and without ids', () => {
    fc.assert(
      fc.property(
        fc.record({
          M: fc.integer({ min: 1, max: 32 }),
          nbits: fc.integer({ min: 1, max: 8 }),
          N: fc.integer({ min: 0, max: 9 }),
          distance: fc.constantFrom('aqd' as const, 'ip' as const, 'sqd' as const),
          withIds: fc.boolean(),
        }),
        ({ M, nbits, N, distance, withIds }) => {
          const ids = Uint32Array.from({ length: N }, (_, i) => 2 ** 32 - 1 - i);
          const index: FaissIndex = { ...someIndex(M, 1 << nbits, N), distance, ...(withIds ? { ids } : {}) };
          expect(readFaiss(writeFaiss(index))).toEqual(index);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is refused where it makes no index', () => {
    const index = someIndex(2, 4, 3);
    const codeword = { ...index.codebook, codewords: index.codebook.codewords.map(() => Number.NaN) };
    expect(() => writeFaiss({ ...index, codes: new Uint8Array(5) })).toThrow(/5 bytes/);
    expect(() => writeFaiss({ ...index, codes: Uint8Array.of(0, 4) })).toThrow(/code 4; expected 0 to 3/);
    expect(() => writeFaiss({ ...index, codebook: codeword })).toThrow(/NaN/);
    expect(() => writeFaiss({ ...index, ids: new Uint32Array(2) })).toThrow(/2 ids; expected 3/);
    expect(() => writeFaiss({ ...index, distance: 'l2' as 'aqd' })).toThrow(/'l2'/);
  });
});

describe('damaged files', () => {
  const small: FaissIndex = { ...someIndex(3, 8, 4), ids: Uint32Array.of(1, 2, 3, 4) };

  it.each([
    ['bare', writeFaiss(someIndex(3, 8, 4))],
    ['with ids', writeFaiss(small)],
  ])('are refused where they end too early or too late (%s)', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readFaiss(bytes.subarray(0, length))).toThrow(/byte \d+ .*expected/);
    }
    expect(() => readFaiss(Uint8Array.of(...bytes, 0))).toThrow(/expected the end of the file/);
  });

  it('are refused at every bit of the sizes; elsewhere a flip changes what it says and nothing besides', () => {
    const bytes = writeFaiss(small);
    const sizes = new Set<number>();
    const field = (from: number, length: number): void => {
      for (let i = 0; i < length; i++) sizes.add(from + i);
    };
    const inner = 4 + 33;
    field(0, 3);
    field(8, 8); // the outer ntotal
    field(inner, 4 + 4 + 8); // kind, d, ntotal
    field(inner + 37, 32); // d, M, nbits, the number of centroid coordinates
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const read = unlessRefused(() => readFaiss(flipped(bytes, bit)));
      // Of the fourth letter of the outer kind, 'IxMp' alone is asked; an inner 'IxPQ' is another length.
      if (sizes.has(bit >> 3)) expect(read, `bit ${bit}`).toBeUndefined();
      if (read !== undefined) {
        expect([read.codebook.M, read.codebook.K, read.codes.length, read.ids?.length]).toEqual([3, 8, 12, 4]);
        expect(read.codes.every((code) => code < 8)).toBe(true);
        expect(read.codebook.codewords.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('are refused or read, and nothing else, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 20 }),
        (name, changes) => {
          const bytes = fixture(name);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const read = unlessRefused(() => readFaiss(bytes));
          if (read) expect(read.codes.length % read.codebook.M).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['2^60 codes', 8, 60n],
    ['2^62 codes', 8, 62n],
    ['a dimension of 2^31', 4, 30n],
    ['2^60 subspaces', 45, 60n],
    ['2^60 centroid coordinates', 61, 60n],
  ])('that claim %s are refused before anything is made for them', (_, at, power) => {
    const bytes = writeFaiss(someIndex(2, 4, 3));
    const view = new DataView(bytes.buffer);
    if (at === 4) view.setUint32(at, Number(1n << power), true);
    else view.setBigUint64(at, 1n << power, true);
    expect(unlessRefused(() => readFaiss(bytes))).toBeUndefined();
  });

  it.each([
    ['another index', 0, 'IwFl', /kind "IwFl".*IndexPQ/],
    ['an index without training', 32, '\x00', /is_trained = 0/],
    ['another metric', 33, '\x02', /metric_type = 2/],
    ['9 bits a subspace', 53, '\x09', /nbits = 9; expected 1 to 8/],
    ['40 subspaces', 45, '\x28', /M = 40; expected 1 to 32/],
    ['a search by Hamming distance', -9, '\x01', /ST_HE, a Hamming distance/],
    ['an unknown search', -9, '\x07', /search_type = 7/],
    ['codes of signs', -5, '\x01', /encode_signs/],
  ])('say what is not read: %s', (_, at, bytes, message) => {
    const file = writeFaiss(someIndex(2, 4, 3));
    file.set(new TextEncoder().encode(bytes), at < 0 ? file.length + at : at);
    expect(() => readFaiss(file)).toThrow(message);
  });

  it('are refused where an id is none of ours', () => {
    const file = writeFaiss(small);
    file[file.length - 1] = 0x80;
    expect(() => readFaiss(file)).toThrow(/holds the id -\d+; expected 0 to 2\^32 − 1/);
  });
});
