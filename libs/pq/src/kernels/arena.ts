/** @file Places in a WebAssembly memory, handed out one behind the other. */
import { PqError } from '../errors.ts';
import { createMemory, MAXIMUM_PAGES, PAGE_BYTES } from './load.ts';
import type { Memory } from './wasm.ts';

/** Below it lies what the module keeps for itself. */
const FIRST_BYTE = 1024;
/** What SIMD loads like, and a line of the cache. */
const ALIGNMENT = 64;

/** A memory that fills up from below. Nothing is given back but the whole, when nobody holds it any more. */
export class Arena {
  readonly memory: Memory;
  #end: number;
  /** Asking a memory for its buffer takes long: asked once for each size. */
  #u8: Uint8Array<ArrayBufferLike>;

  /** @param end up to where the memory is taken: by another thread, whose work goes on here */
  constructor(memory: Memory = createMemory(), end = FIRST_BYTE) {
    this.memory = memory;
    this.#end = end;
    this.#u8 = new Uint8Array(memory.buffer);
  }

  /** Bytes handed out. */
  get bytes(): number {
    return this.#end;
  }

  /**
   * A new place of so many bytes, all 0, at a multiple of 64. Growing detaches earlier views (of a memory that isn't
   * shared): take views when they are needed.
   *
   * @returns its byte offset
   * @throws PqError `OUT_OF_MEMORY`
   */
  allocate(bytes: number): number {
    const place = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    const end = place + bytes;
    // Kernels read whole vectors: 64 bytes behind the last place are readable.
    const pages = Math.ceil((end + ALIGNMENT) / PAGE_BYTES);
    const missing = pages - this.#u8.length / PAGE_BYTES;
    if (missing > 0) {
      const needs = `${(pages * PAGE_BYTES).toLocaleString('en')} bytes`;
      if (pages > MAXIMUM_PAGES) {
        throw new PqError(
          'OUT_OF_MEMORY',
          `The index needs ${needs}; one index can have ${(MAXIMUM_PAGES * PAGE_BYTES).toLocaleString('en')}. ` +
            'Split the items among several.',
        );
      }
      try {
        this.memory.grow(missing);
      } catch (cause) {
        throw new PqError('OUT_OF_MEMORY', `The index needs ${needs}, and there is no more memory for it.`, { cause });
      }
    }
    if (missing > 0) this.#u8 = new Uint8Array(this.memory.buffer);
    this.#end = end;
    return place;
  }

  /** All of the memory as bytes; detached by the next `allocate`. */
  u8(): Uint8Array<ArrayBufferLike> {
    return this.#u8;
  }

  /** A place as u16. */
  u16(place: number, length: number): Uint16Array<ArrayBufferLike> {
    return new Uint16Array(this.#u8.buffer, place, length);
  }

  /** A place as u32. */
  u32(place: number, length: number): Uint32Array<ArrayBufferLike> {
    return new Uint32Array(this.#u8.buffer, place, length);
  }

  /** A place as f32. */
  f32(place: number, length: number): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.#u8.buffer, place, length);
  }

  /** A place as f64. */
  f64(place: number, length: number): Float64Array<ArrayBufferLike> {
    return new Float64Array(this.#u8.buffer, place, length);
  }
}
