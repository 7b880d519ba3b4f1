/** @file The nearest pictures of every query by AQD, as people would see them. */
import { type Codebook, createRandom, lookupTable, scan } from '@dqn/pq';

/** What is searched. */
export interface NearestOptions {
  readonly codebook: Codebook;
  /** [queries, D] */
  readonly queries: Float32Array;
  /** [rows, M] */
  readonly codes: Uint8Array;
  readonly k: number;
  /** Of the shuffle that breaks ties. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** For each query the k nearest rows, nearest first; of rows at the same distance chance decides, not their order. */
export async function nearestRows(o: NearestOptions): Promise<Uint32Array[]> {
  const { M, K, D } = o.codebook;
  const rows = Uint32Array.from({ length: o.codes.length / M }, (_, row) => row);
  createRandom(o.seed).fork('ties').shuffle(rows);
  const shuffled = new Uint8Array(o.codes.length);
  for (const [to, from] of rows.entries()) shuffled.set(o.codes.subarray(from * M, (from + 1) * M), to * M);
  const found: Uint32Array[] = [];
  for (let at = 0; at < o.queries.length; at += D) {
    const table = lookupTable(o.codebook, o.queries.subarray(at, at + D), 'aqd');
    found.push(scan(shuffled, table, { M, K, k: o.k }).rows.map((row) => rows[row]));
    if (found.length % 64 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      o.signal.throwIfAborted();
    }
  }
  return found;
}
