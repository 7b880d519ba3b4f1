/** @file Codes read back from a structure of cells: of all items in the order of storage, and of some by their places. */
import type { Arena } from '../kernels/arena.ts';
import { LANES, ON_AXIS_0, ON_AXIS_1, WORD } from './layout.ts';

/** Stored codes between two entries of the list that says in which cell to look. */
const BLOCK_BITS = 7;

/** Reads the codes of one structure. */
export class CodeReader {
  readonly #arena: Arena;
  readonly #words: Uint32Array;
  /** u8 [M, 256]: the code of each stored byte. */
  readonly #codeOf: Uint8Array;
  /** [codes / 128]: the cell of every 128th stored code, and with distinct codes the code of every 128th item. */
  #cellOf: Uint32Array | undefined;
  #codeOfItem: Uint32Array | undefined;

  /** @param words its layout */
  constructor(arena: Arena, words: Uint32Array) {
    this.#arena = arena;
    this.#words = words;
    const M = words[WORD.M];
    const bytes = arena.u8().subarray(words[WORD.bytesOfCodes]);
    this.#codeOf = new Uint8Array(M * 256);
    for (let m = 0; m < M; m++) {
      for (let k = 0; k < words[WORD.K]; k++) this.#codeOf[m * 256 + bytes[m * 256 + k]] = k;
    }
  }

  /** The codes of all items, [N, M], in the order of storage. */
  all(): Uint8Array {
    const M = this.#words[WORD.M];
    const count = this.#words[WORD.count];
    const offsets = this.#offsets();
    const postings = this.#postings();
    const codes = new Uint8Array(this.#words[WORD.items] * M);
    const decode = this.#decoder();
    for (let place = 0, cell = 0, item = 0; place < count; place++) {
      while (offsets[cell + 1] <= place) cell++;
      const end = postings === undefined ? place + 1 : postings[place + 1];
      for (; item < end; item++) decode(place, cell, codes, item * M);
    }
    return codes;
  }

  /** The codes of some items, [places, M]. */
  at(items: Uint32Array, into: Uint8Array): void {
    const M = this.#words[WORD.M];
    const offsets = this.#offsets();
    const postings = this.#postings();
    this.#cellOf ??= everyBlock(offsets);
    const cellOf = this.#cellOf;
    if (postings !== undefined) this.#codeOfItem ??= everyBlock(postings);
    const codeOfItem = this.#codeOfItem;
    const decode = this.#decoder();
    for (let i = 0; i < items.length; i++) {
      let place = items[i];
      if (postings !== undefined) {
        let code = codeOfItem![place >>> BLOCK_BITS];
        while (postings[code + 1] <= place) code++;
        place = code;
      }
      let cell = cellOf[place >>> BLOCK_BITS];
      while (offsets[cell + 1] <= place) cell++;
      decode(place, cell, into, i * M);
    }
  }

  /** Writes the code at a place, given its cell. */
  #decoder(): (place: number, cell: number, into: Uint8Array, at: number) => void {
    const words = this.#words;
    const u8 = this.#arena.u8();
    const codeOf = this.#codeOf;
    const M = words[WORD.M];
    const cells1 = words[WORD.cells1];
    const stride = words[WORD.planes] * LANES;
    const first = words[WORD.codes];
    /** Where each subspace's plane is in a group; what the cell says of it, shifted left. */
    const planes = Int32Array.from({ length: M }, (_, m) => {
      const plane = words[WORD.planeOf + m];
      return plane === ON_AXIS_0 || plane === ON_AXIS_1 ? -1 : plane * LANES;
    });
    const axis0 = words[WORD.axis0];
    const axis1 = words[WORD.axis1];
    const low1 = words[WORD.lowBits1];
    return (place, cell, into, at) => {
      const c0 = Math.floor(cell / cells1);
      const c1 = (cell - c0 * cells1) << low1;
      const group = first + (place >> 4) * stride + (place & 15);
      for (let m = 0; m < M; m++) {
        let byte = planes[m] < 0 ? 0 : u8[group + planes[m]];
        if (m === axis0) byte |= c0;
        else if (m === axis1) byte |= c1;
        into[at + m] = codeOf[m * 256 + byte];
      }
    };
  }

  #offsets(): Uint32Array<ArrayBufferLike> {
    return this.#arena.u32(this.#words[WORD.offsets], this.#words[WORD.cells0] * this.#words[WORD.cells1] + 1);
  }

  #postings(): Uint32Array<ArrayBufferLike> | undefined {
    const at = this.#words[WORD.postings];
    return at === 0 ? undefined : this.#arena.u32(at, this.#words[WORD.count] + 1);
  }
}

/** Of ascending offsets that begin with 0: in which of their ranges each multiple of 128 lies. */
function everyBlock(offsets: Uint32Array<ArrayBufferLike>): Uint32Array {
  const end = offsets[offsets.length - 1];
  const blocks = new Uint32Array((end >>> BLOCK_BITS) + 1);
  for (let block = 0, range = 0; block << BLOCK_BITS < end; block++) {
    while (offsets[range + 1] <= block << BLOCK_BITS) range++;
    blocks[block] = range;
  }
  return blocks;
}
