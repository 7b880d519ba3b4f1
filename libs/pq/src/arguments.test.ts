import { expect, it } from 'vitest';
import * as pq from './index.ts';

const random = pq.createRandom(1);
const [M, K, D, N] = [2, 4, 4, 8];
const normal = (length: number) => Float32Array.from({ length }, () => random.normal());
const codebook = { M, K, D, codewords: normal(K * D) };
const x = normal(N * D);
const codes = pq.encode(codebook, x);
const ids = Uint32Array.from(codes.subarray(0, N).keys());
const query = x.subarray(0, D);
const table = pq.lookupTable(codebook, query, 'aqd');
const signal = new AbortController().signal;
const labels = pq.createLabels([[0], [1]]);
const onProgress = () => {};
const index = await pq.createIndex({ codebook, codes });
const faiss = { codebook, codes, ids, distance: 'aqd' as const };

const learning = { M, K, D, seed: 1, iterations: 1, init: codebook, signal, onProgress };
const asked = { k: 1, distance: 'aqd', filter: { ids: [1] }, signal };
const keeping = { threads: 0, autoMerge: false, structure: 'flat', distinct: false, signal };
const cells = await pq.createIndex({ codebook, codes, ids, structure: 'coarse cells', distinct: true });

/** Every function and good arguments for it; each of these, and each part of them, is replaced by odd ones. */
const calls: Record<string, [(...args: never[]) => unknown, ...args: unknown[]]> = {
  codebookShape: [pq.codebookShape, 8, 4],
  checkCodebook: [pq.checkCodebook, codebook],
  encode: [pq.encode, codebook, x, { signal }],
  'encode one': [pq.encode, codebook, query],
  decode: [pq.decode, codebook, codes],
  learnCodebook: [pq.learnCodebook, x, learning],
  learnCodebookInThreads: [pq.learnCodebookInThreads, x, { ...learning, threads: 0 }],
  encodeInThreads: [pq.encodeInThreads, codebook, x, { threads: 0, signal, onProgress }],
  scan: [pq.scan, codes, table, { M, K, k: 2, filter: () => true, signal }],
  distances: [pq.distances, codes, table, { M, K }],
  lookupTable: [pq.lookupTable, codebook, query, 'aqd'],
  createTables: [pq.createTables, codebook],
  'createTables table': [pq.createTables(codebook).table, query, 'ip', new Float64Array(M * K), K],
  createRandom: [pq.createRandom, 1],
  'createRandom integer': [random.integer, 3],
  'createRandom shuffle': [random.shuffle, [1, 2]],
  'createRandom fork': [random.fork, 'a'],
  readFaiss: [pq.readFaiss, pq.writeFaiss(faiss)],
  writeFaiss: [pq.writeFaiss, faiss],
  readNpy: [pq.readNpy, pq.writeNpy(x)],
  writeNpy: [pq.writeNpy, x, [N, D], 'f4'],
  createLabels: [pq.createLabels, [[0], [0, 1]], Uint32Array.of(1, 2)],
  'createLabels offsets': [pq.createLabels, { offsets: [0, 1, 2], values: [3, 4] }],
  'createLabels filter': [(label: never) => labels.filter(label), 1],
  'createLabels any': [(list: never) => labels.any(list), [0, 1]],
  'createLabels all': [(list: never) => labels.all(list), [0, 1]],
  createIndex: [pq.createIndex, { codebook, codes, ids, onProgress, ...keeping }],
  'createIndex of tables': [pq.createIndex, { codebook: { M, K }, codes }],
  openIndex: [pq.openIndex, await index.image(), codebook, keeping],
  'openIndex cells': [pq.openIndex, await cells.image(), codebook],
  'index search': [index.search.bind(index), query, asked],
  'index search table': [index.search.bind(index), { table }, { k: 1, filter: { bitmap: Uint32Array.of(7) } }],
  'index within': [index.within.bind(index), query, { ...asked, k: undefined, radius: 1 }],
  'index searchMany': [index.searchMany.bind(index), x, asked],
  'index searchMany radius': [index.searchMany.bind(index), { tables: table }, { radius: 1, filter: labels.filter(1) }],
  'index add': [index.add.bind(index), [1000], codes.subarray(0, M)],
  'index upsert': [index.upsert.bind(index), [1000], codes.subarray(0, M)],
  'index remove': [index.remove.bind(index), [3000]],
  'index has': [index.has.bind(index), 1],
  'index code': [index.code.bind(index), 1],
  'index merge': [index.merge.bind(index), { signal }],
};

const odd: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 0.5, Number.NaN, Infinity, '', 'x', 1n, Symbol('odd')],
  ...[{}, [], [null], Object.create(null), () => 1, new Map([[1, 2]]), new Date(0), new ArrayBuffer(8)],
  ...[Uint8Array.of(1, 2, 3), Uint8ClampedArray.of(1, 2), Int8Array.of(-1, -2), Uint32Array.of(1, 2)],
  ...[
    Float32Array.of(Number.NaN, 1, 2, 3),
    Float64Array.of(1, 2, 3, 4),
    BigUint64Array.of(1n, 2n),
    new DataView(x.buffer),
  ],
];

/** The value with each of its parts, and itself, replaced by another. */
function* replaced(value: unknown, by: unknown, depth = 0): Generator<unknown> {
  yield by;
  const isPlain = Array.isArray(value) || (value !== null && Object.getPrototypeOf(value ?? 0) === Object.prototype);
  if (!isPlain || depth === 4) return;
  for (const [key, part] of Object.entries(value as object)) {
    for (const other of replaced(part, by, depth + 1)) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...(value as object), [key]: other };
    }
  }
}

it.each(Object.keys(calls))('%s takes odd arguments, or refuses them by a PqError', async (name) => {
  const [call, ...good] = calls[name];
  await call(...(good as never[]));
  for (const [position, argument] of good.entries()) {
    for (const by of odd) {
      for (const other of replaced(argument, by)) {
        try {
          const result = await call(...(good.with(position, other) as never[]));
          if (result instanceof pq.PqIndex) result.close();
        } catch (error) {
          const what = `${name}, argument ${position} with ${typeof by} ${Object.prototype.toString.call(by)}`;
          if (!(error instanceof pq.PqError)) throw new Error(`${what}: ${(error as Error)?.stack ?? String(error)}`);
          expect(error.message, what).not.toContain('[object');
        }
      }
    }
  }
});
