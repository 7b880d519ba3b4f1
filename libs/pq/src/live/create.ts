/** @file Making an index: of codes, or of what a file keeps. */
import { checkArray, checkCodebook, checkCodes, checkMK } from '../codebook.ts';
import { type AbortSignalLike, PqError, throwIfAborted } from '../errors.ts';
import { checkFunction, checkGiven, checkThreads, shown } from '../given.ts';
import { Arena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/kinds.ts';
import { ascend, layFlat, openFlat } from '../search/flat.ts';
import { openCells } from '../search/open.ts';
import { FEWEST_FOR_CELLS, isFlat } from '../search/plan.ts';
import { type IndexImage, NO_ITEM } from '../search/structure.ts';
import { type CodebookLike, Generation } from './generation.ts';
import { checkIds, checkUnique } from './ids.ts';
import { type Internals, worthThreads } from './internals.ts';
import type { Base } from './merge.ts';
import { type IndexOptions, PqIndex } from './pq-index.ts';
import { checkSameCodewords } from './same-codewords.ts';

/** What to make an index of. */
export interface CreateOptions extends IndexOptions {
  /** With codewords queries can be vectors, and the index is faster; with M and K alone they are look-up tables. */
  readonly codebook: CodebookLike;
  /** [N, M] row-major; N may be 0. */
  readonly codes: Uint8Array;
  /**
   * [N], unique; 0 … N − 1 unless given. Small numbers are best: filters and deletes take a bit for each id up to the
   * largest.
   */
  readonly ids?: Uint32Array | undefined;
  readonly signal?: AbortSignalLike | undefined;
  /** Told how many items are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Builds an index; 100,000 codes and more in a thread, where there is one.
 *
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `BAD_CODE`, `NOT_FINITE`, `DUPLICATE_ID`, `OUT_OF_MEMORY`; the signal's
 * reason when aborted
 */
export function createIndex(options: CreateOptions): Promise<PqIndex> {
  return createIndexWith(options, {});
}

/** For tests. */
export async function createIndexWith(options: CreateOptions, internals: Internals): Promise<PqIndex> {
  checkGiven(options, 'The options', '{ codebook, codes }');
  const { codebook, codes, ids, structure, distinct, signal, onProgress } = options;
  throwIfAborted(signal);
  checkOptions(codebook, options);
  checkFunction(onProgress, 'onProgress');
  const count = checkCodes(codes, codebook.M, codebook.K);
  if (count > NO_ITEM) {
    throw new PqError('BAD_SHAPE', `${count} codes; an index can have 2^32 − 1 items. Split them among several.`);
  }
  if (ids !== undefined) {
    checkArray(ids, Uint32Array, 'The ids', '[N]');
    if (ids.length !== count) {
      throw new PqError('BAD_SHAPE', `${ids.length} ids for ${count} codes; expected one each.`);
    }
    checkUnique(checkIds(ids));
  }
  if (count < FEWEST_FOR_CELLS && isFlat(structure, count) && (ids === undefined || ascend(ids))) {
    const arena = new Arena();
    const base = { arena, structure: layFlat(arena, codebook, codes, ids) };
    onProgress?.(count);
    return indexOf(base, codebook, options, internals);
  }
  // Sorting into cells is a part of its own, which a page with few items, or with what was built already, doesn't load.
  const inThread = options.threads !== 0 && worthThreads(count, internals);
  const thread = inThread ? await (await import('../threads/pool.ts')).openPool(1) : undefined;
  try {
    const { build } = await import('./merge.ts');
    const base = await build({ codebook, codes, ids, structure, distinct, signal }, thread);
    onProgress?.(count);
    return await indexOf(base, codebook, options, internals);
  } finally {
    thread?.close();
  }
}

/**
 * Opens an index from what a file kept of it (`image()`): reading, not building.
 *
 * @param codebook the one that the codes were made with; another of the same shape is refused, where the image says which
 * it was (earlier images and those of indexes without codewords don't)
 * @throws PqError `BAD_FILE`, `BAD_OPTION`, `BAD_SHAPE`, `NOT_FINITE`, `OUT_OF_MEMORY`
 */
export async function openIndex(
  image: IndexImage,
  codebook: CodebookLike,
  options: IndexOptions & { readonly signal?: AbortSignalLike | undefined } = {},
): Promise<PqIndex> {
  checkGiven(options, 'The options', '{ threads, autoMerge }');
  throwIfAborted(options.signal);
  checkGiven(image, "The image's bytes", 'what image() gave');
  checkOptions(codebook, options);
  checkSameCodewords(image, codebook);
  const arena = new Arena();
  const open = image.kind === 'flat' ? openFlat : openCells;
  return indexOf({ arena, structure: open(arena, image, codebook) }, codebook, options, {});
}

async function indexOf(
  { arena, structure }: Base,
  codebook: CodebookLike,
  options: IndexOptions,
  internals: Internals,
): Promise<PqIndex> {
  const { threads, autoMerge, structure: kind, distinct } = options;
  const generation = new Generation(arena, structure, codebook, await loadKernels(arena.memory, internals.kernels));
  return new PqIndex(generation, codebook, { threads, autoMerge, structure: kind, distinct }, internals);
}

const STRUCTURES: readonly unknown[] = [undefined, 'auto', 'flat', 'multi-index', 'coarse cells'];

function checkOptions(codebook: CodebookLike, { structure, distinct, threads, autoMerge }: IndexOptions): void {
  checkGiven(codebook, 'The codewords', 'a codebook { M, K, D, codewords }, or { M, K } to search by tables alone');
  if ('codewords' in codebook) checkCodebook(codebook);
  else checkMK(codebook.M, codebook.K);
  if (!STRUCTURES.includes(structure)) {
    throw new PqError('BAD_OPTION', `structure is '${shown(structure)}'; expected ${STRUCTURES.slice(1).join(', ')}.`);
  }
  if (distinct !== undefined && distinct !== 'auto' && typeof distinct !== 'boolean') {
    throw new PqError('BAD_OPTION', `distinct is ${shown(distinct)}; expected 'auto', true or false.`);
  }
  checkThreads(threads);
  if (autoMerge !== undefined && typeof autoMerge !== 'boolean') {
    throw new PqError('BAD_OPTION', `autoMerge is ${shown(autoMerge)}; expected true or false.`);
  }
}
