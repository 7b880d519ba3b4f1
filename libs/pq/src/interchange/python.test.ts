import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Codebook, Distance } from '../codebook.ts';
import { createRandom } from '../random.ts';
import { scan } from '../scan.ts';
import { lookupTable } from '../table.ts';
import { pythonWith, runPython } from '../testing/python.ts';
import { writeFaiss } from './faiss.ts';
import { writeNpy } from './npy.ts';

const python = pythonWith(['faiss', 'numpy'], 'What Faiss and NumPy read of what we write');
const folder = mkdtempSync(join(tmpdir(), 'dqn-pq-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Searches the index for the queries, both read from files. */
const SEARCH = `
import sys, json, faiss, numpy
index = faiss.read_index(sys.argv[1])
pq = index if isinstance(index, faiss.IndexPQ) else faiss.downcast_index(index.index)
if pq.search_type == faiss.IndexPQ.ST_SDC:
    pq.pq.compute_sdc_table()
distances, ids = index.search(numpy.load(sys.argv[2]), int(sys.argv[3]))
print(json.dumps({"ids": ids.tolist(), "distances": distances.tolist()}))
`;

const LOAD = `
import sys, json, numpy
arrays = [numpy.load(path) for path in sys.argv[1:]]
print(json.dumps([[a.dtype.str, list(a.shape), [str(v) for v in a.ravel().tolist()]] for a in arrays]))
`;

describe.skipIf(!python)('Faiss and NumPy', () => {
  const cases: [number, Distance, boolean][] = [
    [1, 'aqd', false],
    [2, 'ip', false],
    [3, 'aqd', true],
    [4, 'ip', false],
    [5, 'aqd', false],
    [6, 'ip', true],
    [7, 'aqd', false],
    [8, 'ip', false],
    [8, 'sqd', false],
  ];
  it.each(cases)('Faiss reads our %i bits of %s (ids: %s) and answers as our scan', (nbits, distance, withIds) => {
    const random = createRandom(nbits);
    const [M, K, Q, k] = [4, 1 << nbits, 4, 7];
    const D = 3 * M;
    const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
    const codebook: Codebook = { M, K, D, codewords: normal(K * D) };
    // Distinct codes, so that ties have no say.
    const N = Math.min(500, K ** M);
    const seen = new Set<number>();
    while (seen.size < N) seen.add(random.integer(K ** M));
    const codes = Uint8Array.from([...seen].flatMap((code) => [0, 1, 2, 3].map((m) => Math.floor(code / K ** m) % K)));
    const ids = Uint32Array.from({ length: N }, (_, i) => 4_000_000_000 + 7 * i);
    const queries = normal(Q * D);
    const [index, query] = [join(folder, 'index.faiss'), join(folder, 'queries.npy')];
    writeFileSync(index, writeFaiss({ codebook, codes, distance, ...(withIds ? { ids } : {}) }));
    writeFileSync(query, writeNpy(queries, [Q, D]));
    const answer = runPython(python!, SEARCH, index, query, String(k)) as { ids: number[][]; distances: number[][] };
    for (let q = 0; q < Q; q++) {
      const table = lookupTable(codebook, queries.subarray(q * D, (q + 1) * D), distance);
      const found = scan(codes, table, { M, K, k });
      expect(Array.from(found.rows, (row) => (withIds ? ids[row] : row))).toEqual(answer.ids[q]);
      const sign = distance === 'ip' ? -1 : 1;
      for (let i = 0; i < k; i++) expect(sign * found.distances[i]).toBeCloseTo(answer.distances[q][i], 3);
    }
  });

  it('NumPy loads every type that we write', () => {
    const arrays = [
      Float32Array.of(0.5, -1e30),
      Float64Array.of(0.1, 2),
      Uint8Array.of(0, 255),
      Uint16Array.of(0, 65_535),
      Uint32Array.of(0, 2 ** 32 - 1),
      BigUint64Array.of(0n, 2n ** 64n - 1n),
      Int8Array.of(-128, 127),
      Int16Array.of(-32_768, 1),
      Int32Array.of(-(2 ** 31), 1),
      BigInt64Array.of(-(2n ** 63n), 1n),
    ];
    const shapes = [[2], [1, 2], [2, 1, 1]];
    const paths = arrays.map((data, i) => {
      const path = join(folder, `${i}.npy`);
      writeFileSync(path, writeNpy(data, shapes[i % 3]));
      return path;
    });
    paths.push(join(folder, 'b1.npy'), join(folder, 'scalar.npy'));
    writeFileSync(paths.at(-2)!, writeNpy(Uint8Array.of(1, 0), [2], 'b1'));
    writeFileSync(paths.at(-1)!, writeNpy(Int32Array.of(7), []));
    const loaded = runPython(python!, LOAD, ...paths) as [string, number[], string[]][];
    const types = ['<f4', '<f8', '|u1', '<u2', '<u4', '<u8', '|i1', '<i2', '<i4', '<i8', '|b1', '<i4'];
    expect(loaded.map(([type]) => type)).toEqual(types);
    expect(loaded.slice(0, 10).map(([, shape]) => shape)).toEqual(arrays.map((_, i) => shapes[i % 3]));
    for (const [i, array] of arrays.entries()) {
      expect(loaded[i][2].map(Number)).toEqual(Array.from(array as ArrayLike<number | bigint>, Number));
    }
    expect(loaded.at(-2)![2]).toEqual(['True', 'False']);
    expect(loaded.at(-1)!.slice(1)).toEqual([[], ['7']]);
  });
});
