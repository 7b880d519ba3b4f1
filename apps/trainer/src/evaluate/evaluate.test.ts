import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@dqn/data';
import { meanAveragePrecision } from '@dqn/metrics';
import { createRandom, decode, encode, learnCodebook } from '@dqn/pq';
import type { Model } from '@dqn/runtime';
import { describe, expect, it } from 'vitest';
import { embedRows, mirrored } from './embed.ts';
import { exactDistances } from './exact.ts';
import { METRICS, measure } from './measure.ts';
import { Relevance } from './relevance.ts';
import { measureInThreads } from './threads.ts';

const [Q, N, D] = [40, 120, 16];
const random = createRandom(3);
const labelsOf = (count: number) => Array.from({ length: count }, (_, i) => (i % 7 === 0 ? [i % 3, 3] : [i % 3]));
/** Vectors near the corner that their first label names. */
const vectors = (labels: number[][]) =>
  Float32Array.from(
    labels.flatMap(([label]) => Array.from({ length: D }, (_, d) => (d === label ? 1 : 0) + 0.6 * random.normal())),
  );
const [queryLabels, databaseLabels] = [labelsOf(Q), labelsOf(N)];
const [queries, database] = [vectors(queryLabels), vectors(databaseLabels)];
const { codebook } = learnCodebook(database, { M: 4, K: 16, D, seed: 1 });

const squared = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + (value - b[d]) ** 2, 0);
const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * b[d], 0);
const rowOf = (all: Float32Array, row: number) => all.subarray(row * D, (row + 1) * D);

describe('measure', () => {
  it.each(['all', 25] as const)('gives the MAP of plain distances to reconstructions, R = %s', async (R) => {
    const seen: number[] = [];
    const measured = await measure({
      codebook,
      queries,
      database,
      queryLabels,
      databaseLabels,
      R,
      seed: 5,
      signal: new AbortController().signal,
      onProgress: (done) => seen.push(done),
    });
    const rebuilt = decode(codebook, encode(codebook, database));
    const quantized = decode(codebook, encode(codebook, queries));
    const plain = {
      aqd: (q: number, row: number) => squared(rowOf(queries, q), rowOf(rebuilt, row)),
      ip: (q: number, row: number) => -inner(rowOf(queries, q), rowOf(rebuilt, row)),
      sqd: (q: number, row: number) => squared(rowOf(quantized, q), rowOf(rebuilt, row)),
      unquantized: (q: number, row: number) => squared(rowOf(queries, q), rowOf(database, row)),
    };
    for (const metric of METRICS) {
      const { map } = meanAveragePrecision({
        // Rounded, so that equal codes tie here, too.
        distances: (q) => Float64Array.from({ length: N }, (_, row) => Math.round(plain[metric](q, row) * 1e4)),
        relevant: (q, row) => queryLabels[q].some((label) => databaseLabels[row].includes(label)),
        queries: Q,
        database: N,
        R,
        denominator: 'relevant-within-R',
        noHit: 'zero',
        ties: { shuffleSeed: 5 },
      });
      expect(measured[metric].map).toBeCloseTo(map, 3);
      expect(measured[metric].perQuery).toHaveLength(Q);
      expect(measured[metric].precisionAt.map(({ n }) => n)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    }
    expect(seen.at(-1)).toBe(Q);
    expect(measured.unquantized.map).toBeGreaterThan(0.4);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const running = measure({
      codebook,
      queries,
      database,
      queryLabels,
      databaseLabels,
      R: 'all',
      seed: 1,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('measureInThreads', () => {
  const signal = new AbortController().signal;
  const options = { codebook, queries, database, queryLabels, databaseLabels, R: 'all' as const, seed: 1, signal };

  it('gives the same figures on any number of threads', async () => {
    const one = await measureInThreads(options, 1, 0);
    const seen: number[] = [];
    const three = await measureInThreads({ ...options, onProgress: (done) => seen.push(done) }, 3, 0);
    for (const metric of METRICS) {
      expect(three[metric].perQuery).toEqual(one[metric].perQuery);
      expect(three[metric].map).toBe(one[metric].map);
      expect(three[metric].precisionAt[3].precision).toBeCloseTo(one[metric].precisionAt[3].precision, 10);
    }
    expect(seen.at(-1)).toBe(Q);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const running = measureInThreads({ ...options, signal: abort.signal }, 2, 0);
    abort.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('exactDistances', () => {
  it('are squared Euclidean distances, less what is the same for all rows of a query', async () => {
    const exact = await exactDistances(database, D);
    const found = await exact.of(queries.subarray(0, 2 * D));
    await exact.close();
    for (const [q, row] of [
      [0, 0],
      [1, 17],
      [1, N - 1],
    ]) {
      const query = rowOf(queries, q);
      expect(found[q * N + row] + inner(query, query)).toBeCloseTo(squared(query, rowOf(database, row)), 4);
    }
  });
});

describe('Relevance', () => {
  it('is a label in common', () => {
    const relevance = new Relevance([[0], [1, 2], [2], []]);
    const rows = (labels: number[]) => [0, 1, 2, 3].filter((row) => relevance.has(labels, row));
    expect([rows([0]), rows([2]), rows([0, 1]), rows([5]), rows([])]).toEqual([[0], [1, 2], [0, 1], [], []]);
  });
});

describe('mirrored', () => {
  it('exchanges left and right, and is its own inverse', () => {
    const pixels = Uint8Array.from({ length: 2 * 3 * 3 * 3 }, (_, i) => i);
    const once = mirrored(pixels, 2, 3);
    expect([...once.subarray(0, 9)]).toEqual([6, 7, 8, 3, 4, 5, 0, 1, 2]);
    expect(mirrored(once, 2, 3)).toEqual(pixels);
  });
});

describe('embedRows', () => {
  it('says so where not one picture can be read, and names the first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dqn-embed-'));
    for (const name of ['cat', 'dog']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'broken.png'), 'no picture');
    }
    const dataset = await openDataset(folder);
    const model = { size: 8, dimensions: D } as Model;
    const { signal } = new AbortController();
    const embedding = embedRows(model, dataset, Uint32Array.of(0, 1), { views: 1, batch: 2, strict: false, signal });
    await expect(embedding).rejects.toMatchObject({
      code: 'NOTHING_TO_MEASURE',
      message: expect.stringMatching(/not one of 2 .*broken\.png/),
    });
    await rm(folder, { recursive: true });
  });
});
