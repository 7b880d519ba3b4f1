/** @file What stands in for WebAssembly.Memory where there is none: an ArrayBuffer that gives way to a larger one. */
import { MAXIMUM_PAGES, PAGE_BYTES } from '../load.ts';
import type { Memory } from '../wasm.ts';

/** Grows by at least this share: each growth is a copy. */
const SHARE = 1 / 4;

/** A memory of this thread alone. As with WebAssembly's, views end with the buffer that they were taken of. */
export class PlainMemory implements Memory {
  #buffer: ArrayBuffer;

  constructor(pages: number) {
    this.#buffer = new ArrayBuffer(pages * PAGE_BYTES);
  }

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /**
   * Grows by so many pages, or by more where there is room.
   *
   * @returns how many there were
   * @throws RangeError if there is no memory for it
   */
  grow(pages: number): number {
    const before = this.#buffer.byteLength / PAGE_BYTES;
    const needs = before + pages;
    if (needs > MAXIMUM_PAGES) throw new RangeError(`${needs} pages; there can be ${MAXIMUM_PAGES}.`);
    const roomy = Math.min(MAXIMUM_PAGES, Math.max(needs, Math.ceil(before * (1 + SHARE))));
    const old = new Uint8Array(this.#buffer);
    const grown = bufferOf(roomy) ?? new ArrayBuffer(needs * PAGE_BYTES);
    new Uint8Array(grown).set(old);
    this.#buffer = grown;
    return before;
  }
}

function bufferOf(pages: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(pages * PAGE_BYTES);
  } catch {
    return undefined;
  }
}
