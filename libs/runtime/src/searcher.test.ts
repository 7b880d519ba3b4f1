import { bytesSource, openGallery, sha256Hex } from '@dqn/format';
import { createRandom, type Distance, decode, encode } from '@dqn/pq';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Hit, Searcher, type SearchFilter } from './index.ts';
import { CLASSES, type SmallModel, smallGallery, smallModel } from './testing/index.ts';

const N = 300;
let small: SmallModel;
let embeddings: Float32Array;
let searcher: Searcher;

beforeAll(async () => {
  small = await smallModel();
  const random = createRandom(7);
  embeddings = Float32Array.from({ length: N * 32 }, () => random.normal() / 6);
  // Equal items, so that ties happen.
  embeddings.copyWithin(32 * 200, 0, 32 * 100);
  searcher = await openSearcher(smallGallery(small, embeddings));
});

async function openSearcher(bytes: Uint8Array): Promise<Searcher> {
  const { codebook } = small;
  return Searcher.open(await openGallery(bytesSource(bytes)), {
    codebook,
    codebookSha256: sha256Hex(small.bytes.codebook),
  });
}

/** By the definition, in float64 over the reconstructions. */
function slowly(query: Float32Array, k: number, distance: Distance): { row: number; distance: number }[] {
  const q = distance === 'sqd' ? decode(small.codebook, encode(small.codebook, query)) : query;
  const r = decode(small.codebook, encode(small.codebook, embeddings));
  const all = Array.from({ length: N }, (_, row) => {
    let sum = 0;
    for (let d = 0; d < 32; d++) {
      const x = r[row * 32 + d];
      sum += distance === 'ip' ? -q[d] * x : (q[d] - x) ** 2;
    }
    return { row, distance: sum };
  });
  return all.sort((a, b) => a.distance - b.distance || a.row - b.row).slice(0, k);
}

describe('a search', () => {
  it('finds what the definition of each distance says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<Distance>('aqd', 'ip', 'sqd'),
        (values, k, distance) => {
          const query = Float32Array.from(values);
          const { hits } = searcher.search(query, { k, distance });
          const expected = slowly(query, k, distance);
          expect(hits.length).toBe(k);
          hits.forEach((hit, i) => {
            expect(hit.distance).toBeCloseTo(expected[i].distance, 4);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('orders equal distances by row', () => {
    const { hits } = searcher.search(embeddings.subarray(0, 32), { k: N });
    const key = (hit: Hit): [number, number] => [hit.distance, hit.row];
    const sorted = [...hits].sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
    expect(hits.map((hit) => hit.row)).toEqual(sorted.map((hit) => hit.row));
    expect(hits[0].distance).toBe(hits[1].distance);
  });

  it('names hits by id and class, and gives all items when asked for more', () => {
    const { hits, ms } = searcher.search(embeddings.subarray(0, 32), { k: 5000 });
    expect(hits.length).toBe(N);
    expect(ms).toBeGreaterThanOrEqual(0);
    for (const hit of hits) {
      expect(hit.id).toBe(`item-${hit.row}`);
      expect(hit.labels).toEqual([CLASSES[hit.row % 4]]);
    }
  });

  it('keeps only what a filter wants: by label, id and row, and by all of them', () => {
    const rows = (filter: SearchFilter): number[] =>
      searcher.search(embeddings.subarray(0, 32), { k: N, filter }).hits.map((hit) => hit.row);
    const wanted = (test: (row: number) => boolean): number[] =>
      searcher.search(embeddings.subarray(0, 32), { k: N }).hits.flatMap((hit) => (test(hit.row) ? [hit.row] : []));
    expect(rows({ labels: ['green'] })).toEqual(wanted((row) => row % 4 === 1));
    expect(rows({ labels: ['green', 'grey'] })).toEqual(wanted((row) => row % 2 === 1));
    expect(rows({ ids: ['item-7', 'item-3'] })).toEqual(wanted((row) => row === 3 || row === 7));
    expect(rows({ rows: [7, 3, 3] })).toEqual(wanted((row) => row === 3 || row === 7));
    expect(rows({ rows: [7, 3, 4], ids: ['item-3', 'item-4'], labels: ['red'] })).toEqual([4]);
    expect(rows({ labels: [] })).toEqual([]);
    expect(rows({ rows: [] })).toEqual([]);
    expect(rows({})).toHaveLength(N);
  });

  it('says how it is arranged and what it looked at', () => {
    searcher.search(embeddings.subarray(0, 32));
    expect(searcher.explain()).toMatchObject({
      structure: 'flat',
      count: N,
      tail: 0,
      last: { items: expect.any(Number) },
    });
  });

  it('can start from an item: by SQD its own code is at distance 0', () => {
    const row = searcher.row('item-42');
    expect(row).toBe(42);
    expect(searcher.search(searcher.vector(row), { k: 1 }).hits[0].distance).toBeLessThan(1e-6);
  });

  it('refuses vectors of another length, NaN, impossible k and distances, unknown ids', () => {
    const good = embeddings.subarray(0, 32);
    const refused = (code: string, run: () => unknown): void => {
      expect(run).toThrow(expect.objectContaining({ name: 'RuntimeError', code }));
    };
    refused('VECTOR_LENGTH', () => searcher.search(good.subarray(1)));
    refused('NOT_FINITE', () => searcher.search(Float32Array.from(good, (v, i) => (i === 3 ? Number.NaN : v))));
    refused('NOT_FINITE', () => searcher.search(Float32Array.from(good, (v, i) => (i === 3 ? Infinity : v))));
    for (const k of [0, -1, 1.5, Number.NaN]) refused('BAD_OPTION', () => searcher.search(good, { k }));
    refused('BAD_OPTION', () => searcher.search(good, { distance: 'cosine' as Distance }));
    refused('UNKNOWN_ID', () => searcher.row('nobody'));
    refused('UNKNOWN_ID', () => searcher.vector(N));
    refused('UNKNOWN_ID', () => searcher.code(-1));
    refused('UNKNOWN_ID', () => searcher.search(good, { filter: { ids: ['nobody'] } }));
    refused('UNKNOWN_ID', () => searcher.search(good, { filter: { rows: [N] } }));
    refused('UNKNOWN_LABEL', () => searcher.search(good, { filter: { labels: ['red', 'mauve'] } }));
  });

  it('refuses a gallery of another codebook and names both hashes', async () => {
    const other = await smallModel({ seed: 9 });
    const theirs = smallGallery(other, embeddings);
    const error = await openSearcher(theirs).catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ name: 'FormatError', code: 'CODEBOOK_MISMATCH' });
    expect((error as Error).message).toContain(sha256Hex(small.bytes.codebook));
    expect((error as Error).message).toContain(sha256Hex(other.bytes.codebook));
  });

  it('searches an empty gallery and finds nothing', async () => {
    const empty = await openSearcher(smallGallery(small, new Float32Array(0)));
    expect(empty.search(embeddings.subarray(0, 32)).hits).toEqual([]);
  });
});
