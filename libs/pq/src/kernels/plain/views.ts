/** @file Views of a whole memory, taken anew when it has grown. */
import type { Memory } from '../wasm.ts';

/** The bytes of a memory as numbers; places are byte offsets divided by the size of a number. */
export class Views {
  readonly #memory: Memory;
  u8!: Uint8Array<ArrayBufferLike>;
  u32!: Uint32Array<ArrayBufferLike>;
  f64!: Float64Array<ArrayBufferLike>;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#take();
  }

  /** To be called whenever the memory may have grown: at the beginning of each call from outside. */
  refresh(): void {
    if (this.u8.buffer !== this.#memory.buffer) this.#take();
  }

  #take(): void {
    const { buffer } = this.#memory;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}
