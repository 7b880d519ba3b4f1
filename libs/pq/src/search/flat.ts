/** @file A structure without cells: rows of codes in the order of their ids, as they come or out of an image. */
import type { Codebook } from '../codebook.ts';
import type { Arena } from '../kernels/arena.ts';
import { type Cells, largestOf } from './cells.ts';
import { checkBytes, checkIds, checkImage, part, type Shape } from './image.ts';
import { flatPlan } from './plan.ts';
import type { IndexImage } from './structure.ts';
import { codewordRanks } from './tree.ts';
import { write } from './write.ts';

/**
 * Lays codes down as they come.
 *
 * @param codes [N, M] row-major, checked
 * @param ids [N] ascending; 0 … N − 1 unless given
 * @throws PqError `OUT_OF_MEMORY`
 */
export function layFlat(
  arena: Arena,
  codebook: Shape | Codebook,
  codes: Uint8Array,
  ids: Uint32Array | undefined,
): Cells {
  const { M, K } = codebook;
  const count = codes.length / M;
  const rows = { codes, items: Uint32Array.from({ length: count }, (_, i) => i) };
  const offsets = Uint32Array.of(0, count);
  return write(arena, { M, K, plan: flatPlan(M), ranks: codewordRanks(codebook), rows, ids, offsets, runs: undefined });
}

/**
 * Puts a 'flat' image into a memory.
 *
 * @throws PqError `BAD_FILE` if the image isn't one that this program writes, `OUT_OF_MEMORY`
 */
export function openFlat(arena: Arena, image: IndexImage, codebook: Shape | Codebook): Cells {
  checkImage(image, codebook);
  const { M, K, count } = image;
  const codes = part(image, 'codes', count * M);
  if (K < 256) checkBytes(codes, K);
  const stored = image.parts.find(({ name }) => name === 'ids');
  const ids = stored && new Uint32Array(part(image, 'ids', 4 * count).slice().buffer);
  if (ids) checkIds(ids, largestOf(ids));
  if (!ids || ascend(ids)) return layFlat(arena, codebook, codes, ids);
  const order = Uint32Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b]);
  const sorted = new Uint8Array(codes.length);
  for (const [to, from] of order.entries()) sorted.set(codes.subarray(from * M, from * M + M), to * M);
  return layFlat(arena, codebook, sorted, ids.slice().sort());
}

/** Whether each is larger than the one before. */
export function ascend(ids: Uint32Array): boolean {
  return ids.every((id, i) => i === 0 || id > ids[i - 1]);
}
