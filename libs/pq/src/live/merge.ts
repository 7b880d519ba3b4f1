/**
 * @file New bases: built in a new memory, by a thread where there is one and the work is worth it.
 *
 * The memory of the old base is dropped with it: that is how memory is given back.
 */
import { type AbortSignalLike, PqError, throwIfAborted } from '../errors.ts';
import { Arena } from '../kernels/arena.ts';
import type { Memory } from '../kernels/wasm.ts';
import { type BuildOptions, buildStructure } from '../search/build.ts';
import { attachStructure } from '../search/open.ts';
import type { Structure, StructureLayout } from '../search/structure.ts';
import type { Pool } from '../threads/pool.ts';
import type { CodebookLike, Generation, Held } from './generation.ts';
import { type Items, liveItems } from './live-items.ts';
import { PageFormat, type PageFormatPlaces, type PageView } from './page-format.ts';

/** Bytes an item that building takes beside the codes and their sorted copy: orders, and ids. */
const BUILDING = 16;

/** A structure in a memory of its own. */
export interface Base {
  readonly arena: Arena;
  readonly structure: Structure;
}

/** A base as it comes from another thread. */
export interface BuiltBase {
  readonly memory: Memory;
  /** Up to where the memory is taken. */
  readonly end: number;
  readonly layout: StructureLayout;
}

/** How a base is to be arranged. */
export type StructureOptions = Pick<BuildOptions, 'structure' | 'distinct'>;

/** What another thread needs to read the live items. */
export interface MergeInput extends StructureOptions {
  readonly codebook: CodebookLike;
  readonly memory: Memory;
  readonly layout: StructureLayout;
  readonly dead: number;
  readonly pages: readonly PageView[];
  /** undefined where there are no pages. */
  readonly format: PageFormatPlaces | undefined;
}

/** A base of given items. @throws PqError `OUT_OF_MEMORY`; the signal's reason when aborted */
export function buildHere(input: BuildOptions): Base {
  const arena = new Arena();
  try {
    return { arena, structure: buildStructure(arena, input) };
  } catch (cause) {
    // No array can be had any more.
    if (!(cause instanceof RangeError)) throw cause;
    const needs = (BUILDING * (input.codes.length / input.codebook.M) + 2 * input.codes.length).toLocaleString('en');
    throw new PqError('OUT_OF_MEMORY', `Building the index needs about ${needs} bytes, and there is no more memory.`, {
      cause,
    });
  }
}

/** The live items of a structure and pages in a memory, as a new base. */
export function mergeHere(input: MergeInput, signal?: AbortSignalLike): Base {
  const { codebook, memory, layout, dead, pages, format, structure, distinct } = input;
  const arena = new Arena(memory);
  const pageFormat = format && new PageFormat(arena, format);
  const items = liveItems(arena, attachStructure(arena, layout), pageFormat, { dead, pages });
  throwIfAborted(signal);
  return buildHere({ codebook, ...itemsToBuild(items), structure, distinct, signal });
}

/** Ids 0 … N − 1 need not be kept. */
export function itemsToBuild({ ids, codes }: Items): { codes: Uint8Array; ids: Uint32Array | undefined } {
  return { codes, ids: (ids.at(-1) ?? -1) === ids.length - 1 ? undefined : ids };
}

/** What a thread answers. */
export function sendable({ arena, structure }: Base): BuiltBase {
  return { memory: arena.memory, end: arena.bytes, layout: structure.layout() };
}

function received({ memory, end, layout }: BuiltBase): Base {
  const arena = new Arena(memory, end);
  return { arena, structure: attachStructure(arena, layout) };
}

/**
 * Builds a base of given items.
 *
 * @param thread undefined: on the caller's
 * @throws PqError `OUT_OF_MEMORY`; the signal's reason when aborted
 */
export async function build(input: BuildOptions, thread: Pool | undefined): Promise<Base> {
  const { signal, ...rest } = input;
  throwIfAborted(signal);
  if (thread === undefined) return buildHere(input);
  return received(await thread.run('buildIndex', rest, { signal }));
}

/** Builds a base of the live items of `held`. @throws as `build` */
export async function merge(
  generation: Generation,
  held: Held,
  how: StructureOptions & { readonly codebook: CodebookLike; readonly signal: AbortSignalLike | undefined },
  thread: Pool | undefined,
): Promise<Base> {
  const { signal, codebook, structure, distinct } = how;
  const input: MergeInput = {
    codebook,
    structure,
    distinct,
    memory: generation.arena.memory,
    layout: generation.structure.layout(),
    dead: held.dead,
    pages: held.pages,
    format: generation.store.madeFormat?.places,
  };
  throwIfAborted(signal);
  const base =
    thread === undefined ? mergeHere(input, signal) : received(await thread.run('mergeIndex', input, { signal }));
  throwIfAborted(signal);
  return base;
}
