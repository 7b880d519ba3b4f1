/**
 * @file This thread's own memory for kernels whose work leaves nothing behind: encoding and learning.
 *
 * There is one a thread, taken from below and given back as calls return, since a page or a process can have only so
 * many memories.
 */

import { PqError } from './errors.ts';
import { createKernels, createMemory, type KernelExports, MAXIMUM_PAGES, PAGE_BYTES } from './kernels/load.ts';
import type { Memory } from './kernels/wasm.ts';

/** Below it lies what the module keeps for itself. */
const FIRST_BYTE = 1024;
const ALIGNMENT = 64;
/** More than this isn't kept when nobody needs it. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Kernels and a memory to work in. */
export class Workspace {
  readonly kernels: KernelExports;
  readonly #memory: Memory;
  #end = FIRST_BYTE;

  constructor(memory: Memory, kernels: KernelExports) {
    this.#memory = memory;
    this.kernels = kernels;
  }

  /** Bytes that the memory has. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * A place of so many bytes, whatever they hold, at a multiple of 64. Views taken before may be detached.
   *
   * @throws PqError `OUT_OF_MEMORY`
   */
  allocate(bytes: number): number {
    const place = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    const pages = Math.ceil((place + bytes + ALIGNMENT) / PAGE_BYTES);
    const missing = pages - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) {
      const message = `${(pages * PAGE_BYTES).toLocaleString('en')} bytes of memory are needed, and can't be had. Work on fewer vectors at a time.`;
      if (pages > MAXIMUM_PAGES) throw new PqError('OUT_OF_MEMORY', message);
      try {
        this.#memory.grow(missing);
      } catch (cause) {
        throw new PqError('OUT_OF_MEMORY', message, { cause });
      }
    }
    this.#end = place + bytes;
    return place;
  }

  /** Takes back everything. */
  clear(): void {
    this.#end = FIRST_BYTE;
  }

  /** Does some work, and takes back what it allocated. */
  within<T>(work: () => T): T {
    const end = this.#end;
    try {
      return work();
    } finally {
      this.#end = end;
    }
  }

  u8(place: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, place, length);
  }

  f32(place: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, place, length);
  }

  f64(place: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, place, length);
  }
}

/** undefined: not asked yet; null: there are no kernels here. */
let own: Workspace | null | undefined;

/** A new one; undefined where there are no kernels. Most should use `inWorkspace`. */
export function createWorkspace(): Workspace | undefined {
  const memory = createMemory();
  const kernels = createKernels(memory);
  return kernels && new Workspace(memory, kernels);
}

/** Does some work with this thread's workspace, or without one where there are no kernels. */
export function inWorkspace<T>(work: (workspace: Workspace | undefined) => T): T {
  if (own === undefined) own = createWorkspace() ?? null;
  const workspace = own;
  if (workspace === null) return work(undefined);
  try {
    return workspace.within(() => work(workspace));
  } finally {
    if (own === workspace && workspace.size > KEPT_BYTES) own = undefined;
  }
}
