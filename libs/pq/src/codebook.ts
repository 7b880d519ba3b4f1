/** @file What a codebook is, and which shapes are possible. */
import { PqError } from './errors.ts';
import { checkGiven, shown } from './given.ts';

/**
 * The codewords of a product quantizer. A vector of D dimensions is cut into M subspaces of D/M; in each it is
 * replaced by one of K codewords, so that it becomes a code of M bytes (M · log2 K bits of information).
 */
export interface Codebook {
  /** Subspaces, 1 to 32. */
  readonly M: number;
  /** Codewords a subspace, a power of two from 2 to 256. */
  readonly K: number;
  /** Dimensions of a vector, a multiple of M. */
  readonly D: number;
  /** [M, K, D/M] row-major. */
  readonly codewords: Float32Array;
}

/**
 * What ranks: `aqd` ‖q − C h‖² with the query as it is, `ip` the negated inner product −⟨q, C h⟩, `sqd` ‖C h(q) − C h‖²
 * with the query quantized, too. Smaller is nearer in all three.
 */
export type Distance = 'aqd' | 'ip' | 'sqd';

/** The most subspaces that a codebook may have. */
export const MAX_SUBSPACES = 32;

/**
 * The M and K of a code length.
 *
 * @param bits the code length B = M · log2 K
 * @param K codewords a subspace; 256 unless told
 * @throws PqError `BITS_NOT_POSSIBLE` if no M gives that many bits
 */
export function codebookShape(bits: number, K = 256): { M: number; K: number } {
  checkK(K);
  const each = Math.log2(K);
  const M = Number.isInteger(bits) ? bits / each : Number.NaN;
  if (!Number.isInteger(M) || M < 1 || M > MAX_SUBSPACES) {
    const others = [256, 128, 64, 32, 16, 8, 4, 2].filter((other) => {
      const m = Number.isInteger(bits) ? bits / Math.log2(other) : Number.NaN;
      return other !== K && Number.isInteger(m) && m >= 1 && m <= MAX_SUBSPACES;
    });
    throw new PqError(
      'BITS_NOT_POSSIBLE',
      `${shown(bits)} bits with ${K} codewords: expected a multiple of ${each} from ${each} to ${each * MAX_SUBSPACES}.${
        others.length > 0 ? ` ${bits} bits are possible with ${others.join(', ')} codewords.` : ''
      }`,
    );
  }
  return { M, K };
}

/**
 * Checks M, K and D against each other and gives the dimensions of a subspace.
 *
 * @throws PqError `BAD_SHAPE`
 */
export function subspaceDimensions(M: number, K: number, D: number): number {
  checkMK(M, K);
  if (!Number.isInteger(D) || D < 1 || D % M !== 0) {
    throw new PqError('BAD_SHAPE', `D is ${shown(D)}; expected a multiple of M = ${M}, the number of subspaces.`);
  }
  return D / M;
}

/** @throws PqError `BAD_SHAPE` unless M is 1 to 32 and K a power of two from 2 to 256. */
export function checkMK(M: number, K: number): void {
  if (!Number.isInteger(M) || M < 1 || M > MAX_SUBSPACES) {
    throw new PqError(
      'BAD_SHAPE',
      `M is ${shown(M)}; expected a whole number of subspaces from 1 to ${MAX_SUBSPACES}.`,
    );
  }
  checkK(K);
}

function checkK(K: number): void {
  if (!Number.isInteger(K) || K < 2 || K > 256 || (K & (K - 1)) !== 0) {
    throw new PqError('BAD_SHAPE', `K is ${shown(K)}; expected a power of two from 2 to 256.`);
  }
}

/**
 * Checks a codebook: shape, length of `codewords`, and that all of them are finite.
 *
 * @throws PqError `BAD_SHAPE`, `NOT_FINITE`
 */
export function checkCodebook(codebook: Codebook): void {
  checkGiven(codebook, 'The codewords', '{ M, K, D, codewords }, as learnCodebook gives it');
  const { M, K, D, codewords } = codebook;
  subspaceDimensions(M, K, D);
  checkArray(codewords, Float32Array, "The codebook's codewords", '[M, K, D/M]');
  if (codewords.length !== K * D) {
    throw new PqError(
      'BAD_SHAPE',
      `The codebook holds ${codewords.length} numbers; expected M × K × D/M = ${K * D} for M = ${M}, K = ${K}, D = ${D}.`,
    );
  }
  checkFinite(codewords, D / M, 'Codeword');
}

/**
 * The number of vectors in `x`, after checking that it holds whole, finite ones.
 *
 * @throws PqError `BAD_SHAPE`, `NOT_FINITE`
 */
export function checkVectors(x: Float32Array, D: number): number {
  checkArray(x, Float32Array, 'The vectors', `[N, ${D}]`);
  if (x.length % D !== 0) {
    throw new PqError('BAD_SHAPE', `${x.length} numbers aren't whole vectors of D = ${D} dimensions.`);
  }
  checkFinite(x, D, 'Vector');
  return x.length / D;
}

/** The number of codes in `codes`, after checking that each names a codeword. @throws PqError `BAD_SHAPE`, `BAD_CODE` */
export function checkCodes(codes: Uint8Array, M: number, K: number): number {
  checkArray(
    codes,
    Uint8Array,
    'The codes',
    `[N, ${M}]${isFloats(codes) ? ': are these the vectors? Encode them first' : ''}`,
  );
  if (codes.length % M !== 0) {
    throw new PqError('BAD_SHAPE', `${codes.length} bytes aren't whole codes of M = ${M} bytes.`);
  }
  if (K < 256) {
    const bad = codes.findIndex((code) => code >= K);
    if (bad >= 0) {
      throw new PqError(
        'BAD_CODE',
        `Row ${Math.floor(bad / M)}, subspace ${bad % M} holds code ${codes[bad]}; expected 0 to ${K - 1}. ` +
          'Were these codes made with another codebook?',
      );
    }
  }
  return codes.length / M;
}

function isFloats(value: unknown): boolean {
  return isArray(value, Float32Array) || isArray(value, Float64Array);
}

/** By name: an array of another window or realm is as good. */
export function isArray(value: unknown, { name }: { readonly name: string }): boolean {
  return (
    ArrayBuffer.isView(value) && (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === name
  );
}

/**
 * Other arrays have other bytes for the same numbers, and are not copied in silence.
 *
 * @throws PqError `BAD_OPTION` unless `value` is one of `type`
 */
export function checkArray(
  value: unknown,
  type: typeof Float32Array | typeof Uint8Array | typeof Uint32Array,
  what: string,
  shape: string,
): void {
  if (isArray(value, type)) return;
  throw new PqError('BAD_OPTION', `${what} are ${shown(value)}; expected a ${type.name} ${shape}.`);
}

/** @throws PqError `NOT_FINITE` naming the first number that is NaN or infinite, by row and column. */
export function checkFinite(values: Float32Array, width: number, what: string): void {
  for (let i = 0; i < values.length; i++) {
    // x − x is 0 for every finite x, and NaN for NaN and infinity.
    if (values[i] - values[i] !== 0) {
      throw new PqError(
        'NOT_FINITE',
        `${what} ${Math.floor(i / width)} is ${values[i]} at position ${i % width}; expected finite numbers.`,
      );
    }
  }
}
