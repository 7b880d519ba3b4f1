/** @file Reads a structure without cells from its image, which holds rows of codes: it is built anew. */
import type { Codebook } from '../codebook.ts';
import type { Arena } from '../kernels/arena.ts';
import { buildStructure } from './build.ts';
import { type Cells, largestOf } from './cells.ts';
import { checkBytes, checkIds, checkImage, part, type Shape } from './image.ts';
import type { IndexImage } from './structure.ts';

/**
 * Puts a 'flat' image into a memory.
 *
 * @throws PqError `BAD_FILE` if the image isn't one that this program writes, `OUT_OF_MEMORY`
 */
export function openFlat(arena: Arena, image: IndexImage, codebook: Shape | Codebook): Cells {
  checkImage(image, codebook);
  const codes = part(image, 'codes', image.count * image.M);
  if (image.K < 256) checkBytes(codes, image.K);
  const stored = image.parts.find(({ name }) => name === 'ids');
  const ids = stored && new Uint32Array(part(image, 'ids', 4 * image.count).slice().buffer);
  if (ids) checkIds(ids, largestOf(ids));
  return buildStructure(arena, { codebook, codes, ids, structure: 'flat' });
}
