/** @file Distances between embeddings themselves, without any code: what quantization is measured against. */
import { type Graph, writeModel } from '@dqn/onnx';
import { createSession, Tensor } from '../ort.ts';

/** −2 ⟨q, x⟩ for a few queries against the whole database, as one matrix product. */
const PRODUCTS: Graph = {
  name: 'products',
  opset: 17,
  inputs: [
    { name: 'queries', type: 'float32', dims: ['Q', 'D'] },
    { name: 'database', type: 'float32', dims: ['N', 'D'] },
  ],
  outputs: [{ name: 'products', type: 'float32', dims: ['Q', 'N'] }],
  nodes: [
    {
      op: 'Gemm',
      name: 'products',
      inputs: ['queries', 'database'],
      outputs: ['products'],
      attributes: { alpha: { float: -2 }, transB: { int: 1 } },
    },
  ],
  initializers: new Map(),
  metadata: {},
};

/** Squared Euclidean distances to a database that stays. */
export interface ExactDistances {
  /**
   * @param queries [Q, D]
   * @returns [Q, N] row-major: ‖q − x‖² less ‖q‖², which is the same for all of a query's rows
   */
  of(queries: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * @param database [N, D]
 * @param threads of the matrix product; default: one per core
 */
export async function exactDistances(database: Float32Array, D: number, threads?: number): Promise<ExactDistances> {
  const N = database.length / D;
  const session = await createSession(writeModel(PRODUCTS), threads === undefined ? {} : { threads });
  const tensor = new Tensor('float32', database, [N, D]);
  const squares = new Float32Array(N);
  for (let row = 0; row < N; row++) {
    let sum = 0;
    for (let i = row * D; i < (row + 1) * D; i++) sum += database[i] * database[i];
    squares[row] = sum;
  }
  return {
    async of(queries) {
      const Q = queries.length / D;
      const feeds = { queries: new Tensor('float32', queries, [Q, D]), database: tensor };
      const distances = (await session.run(feeds)).products.data as Float32Array;
      for (let q = 0; q < Q; q++) {
        for (let row = 0; row < N; row++) distances[q * N + row] += squares[row];
      }
      return distances;
    },
    close: () => session.release(),
  };
}
