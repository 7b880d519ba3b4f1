/** @file Codebooks of other lengths than a model's own: fitted to its embeddings of the training pictures. */
import { type Codebook, codebookShape, createRandom, learnCodebook } from '@dqn/pq';
import { learnRotation, rotate } from '@dqn/train';
import { TrainerError } from '../errors.ts';
import { areUnit } from './embed.ts';

/** Vectors that codebooks are fitted to, at most: 256 codewords need no more. */
export const FITTING_VECTORS = 30_000;

/** Views of a training picture that they are fitted to, at most: those that the recipes behind a backbone learn from. */
const FITTING_VIEWS = 4;

/** A codebook, and what turns embeddings [n, D] into what it quantizes. */
export interface Fitted {
  readonly bits: number;
  readonly codebook: Codebook;
  readonly turn: (embeddings: Float32Array) => Float32Array;
}

/** The shape of codes: 256 codewords for whole bytes, else the most codewords up to 64 that make the length. */
export function shapeOf(bits: number): { M: number; K: number } {
  if (Number.isInteger(bits / 8)) return codebookShape(bits);
  const K = [64, 32, 16, 8, 4, 2].find((codewords) => Number.isInteger(bits / Math.log2(codewords))) ?? 256;
  return codebookShape(bits, K);
}

/**
 * The shapes of all lengths.
 *
 * @throws TrainerError WRONG_USAGE for a length that D dimensions can't be cut for; PqError BITS_NOT_POSSIBLE
 */
export function shapesFor(bits: readonly number[], D: number): { bits: number; M: number; K: number }[] {
  return bits.map((length) => {
    const { M, K } = shapeOf(length);
    if (D % M === 0) return { bits: length, M, K };
    const possible = Array.from({ length: 16 }, (_, i) => i + 1).filter((parts) => D % parts === 0);
    throw new TrainerError(
      'WRONG_USAGE',
      `--bits ${length} takes ${M} subspaces, and the model's ${D} dimensions can't be cut into ${M} equal ones: possible are ${possible.map((parts) => 8 * parts).join(', ')}`,
    );
  });
}

/** How many views of each training picture codebooks are fitted to: several where the pictures are few. */
export function fittingViews(pictures: number, takesCrops: boolean): number {
  return Math.max(1, Math.min(takesCrops ? FITTING_VIEWS : 2, Math.floor(FITTING_VECTORS / pictures)));
}

/**
 * Fits codebooks to embeddings [n, D]: k-means a subspace, after a rotation (OPQ) where all embeddings have length 1.
 *
 * @throws PqError TOO_FEW_VECTORS; TrainError ABORTED
 */
export function fitCodebook(
  shape: { bits: number; M: number; K: number },
  embeddings: Float32Array,
  o: { D: number; seed: number; signal: AbortSignal },
): Fitted {
  const { bits, M, K } = shape;
  const { D, signal } = o;
  const seed = createRandom(o.seed)
    .fork('fitted')
    .fork(bits)
    .integer(2 ** 32);
  const vectors = evenly(embeddings, D, FITTING_VECTORS);
  const R = M > 1 && areUnit(vectors, D) ? learnRotation(vectors, { M, K, D, seed, signal }) : undefined;
  const turn = (z: Float32Array): Float32Array => (R ? rotate(z, R, D) : z);
  const { codebook } = learnCodebook(turn(vectors), { M, K, D, seed, signal });
  return { bits, codebook, turn };
}

/** At most `count` rows of [n, D], evenly spread. */
function evenly(values: Float32Array, D: number, count: number): Float32Array {
  const n = values.length / D;
  if (n <= count) return values;
  const out = new Float32Array(count * D);
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * n) / count);
    out.set(values.subarray(row * D, (row + 1) * D), i * D);
  }
  return out;
}
