/** @file Reading files whose sizes can't be trusted: every number is checked before anything is made of it. */
import { checkArray } from '../codebook.ts';
import { PqError } from '../errors.ts';

/** Walks through little-endian bytes. Whatever isn't as expected is a `BAD_FILE` that names the byte. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #offset = 0;

  /** @param what what the bytes should be, for messages: 'Faiss index' */
  constructor(bytes: Uint8Array, what: string) {
    checkArray(bytes, Uint8Array, `The bytes of the ${what}`, 'of the whole file');
    // Not the caller's own class: a Buffer's slice() is a view, a Uint8Array's a copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next read begins, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that haven't been read. */
  get left(): number {
    return this.bytes.length - this.#offset;
  }

  /** @throws PqError `BAD_FILE`, always */
  fail(offset: number, found: string, expected: string): never {
    throw new PqError(
      'BAD_FILE',
      `This is not a ${this.#what} that can be read: byte ${offset} (of ${this.bytes.length}) ${found}; expected ${expected}.`,
    );
  }

  /** The next bytes, as a view. `length` may be any number, also one that a file made up. */
  take(length: number, what: string): Uint8Array {
    if (length > this.left) {
      const there = this.left === 0 ? 'is the end' : `has ${this.left} bytes after it`;
      this.fail(this.#offset, there, `${length} bytes of ${what}`);
    }
    const from = this.#offset;
    this.#offset += length;
    return this.bytes.subarray(from, this.#offset);
  }

  u8(what: string): number {
    return this.take(1, what)[0];
  }

  u16(what: string): number {
    this.take(2, what);
    return this.#view.getUint16(this.#offset - 2, true);
  }

  u32(what: string): number {
    this.take(4, what);
    return this.#view.getUint32(this.#offset - 4, true);
  }

  i32(what: string): number {
    this.take(4, what);
    return this.#view.getInt32(this.#offset - 4, true);
  }

  /** A signed or unsigned number of 64 bits; above 2^53 rounded, which no size in a file can be. */
  i64(what: string): number {
    this.take(8, what);
    return Number(this.#view.getBigInt64(this.#offset - 8, true));
  }

  /** A count of things behind it, each of so many bytes, that are all there. */
  count(what: string, bytesEach: number): number {
    const at = this.#offset;
    const count = this.i64(`the number of ${what}`);
    if (count < 0 || count * bytesEach > this.left) {
      this.fail(at, `says ${count} ${what}`, `at most ${Math.floor(this.left / bytesEach)}, for which there are bytes`);
    }
    return count;
  }

  /** @throws PqError `BAD_FILE` unless everything has been read */
  end(): void {
    if (this.left > 0) this.fail(this.#offset, `is followed by ${this.left - 1} more`, 'the end of the file');
  }
}
