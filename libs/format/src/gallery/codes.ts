/** @file Codes and lists of rows as they come out of a gallery: joined, put in order, checked. */
import { FormatError } from '../errors.ts';
import { asUint32 } from './numbers.ts';
import type { Segment } from './state.ts';

/** Pieces one behind the other; a single one as it is. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter((piece) => piece.length > 0);
  if (filled.length === 1) return filled[0];
  const all = new Uint8Array(filled.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of filled) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** @throws FormatError `BAD_CONTENT` for a code that no codeword has */
export function checkCodes(codes: Uint8Array, { M, K }: { M: number; K: number }): void {
  const wrong = K < 256 ? codes.findIndex((code) => code >= K) : -1;
  if (wrong < 0) return;
  throw new FormatError('BAD_CONTENT', `Code ${Math.floor(wrong / M)} holds ${codes[wrong]}; expected 0 to ${K - 1}.`);
}

/**
 * Codes of the given rows, in the order of rows.
 *
 * @param rows a permutation of 0 … n − 1
 * @throws FormatError `BAD_CONTENT` if it is none
 */
export function inOrder(codes: Uint8Array, rows: Uint32Array, M: number): Uint8Array {
  const ordered = new Uint8Array(codes.length);
  const seen = new Uint8Array(rows.length);
  for (const [i, row] of rows.entries()) {
    if (row >= rows.length || seen[row]++ > 0) {
      throw new FormatError('BAD_CONTENT', `The flat image names row ${row} of ${rows.length} where it can't be.`);
    }
    ordered.set(codes.subarray(i * M, (i + 1) * M), row * M);
  }
  return ordered;
}

/**
 * The rows that segments have removed, ascending.
 *
 * @param pieces of each segment, uint32; undefined where nothing was removed
 * @throws FormatError `BAD_CONTENT` for rows that weren't there
 */
export function joinRemoved(pieces: readonly (Uint8Array | undefined)[], segments: readonly Segment[]): Uint32Array {
  const removed = asUint32(joined(pieces.map((piece) => piece ?? new Uint8Array(0)))).slice();
  let at = 0;
  for (const [i, { first, rows }] of segments.entries()) {
    const end = at + (pieces[i]?.length ?? 0) / 4;
    for (let j = at; j < end; j++) {
      if (removed[j] < first + rows && (j === at || removed[j - 1] < removed[j])) continue;
      throw new FormatError('BAD_CONTENT', `Row ${removed[j]} is listed as removed where it can't be.`);
    }
    at = end;
  }
  removed.sort();
  const twice = removed.findIndex((row, i) => row === removed[i + 1]);
  if (twice >= 0) throw new FormatError('BAD_CONTENT', `Row ${removed[twice]} has been removed twice.`);
  return removed;
}
