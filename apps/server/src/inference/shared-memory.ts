/**
 * @file Memory that threads share, lent out in pieces and taken back.
 *
 * Pixels that were handed from thread to thread instead would be new memory for each image, and the collector of the
 * serving thread would run for them more often than for everything else.
 */

/** Pieces of memory; there are as many as were ever out at a time. */
export class SharedMemory {
  readonly #free: Uint8Array[] = [];

  /** A piece of at least so many bytes, with whatever it held; its borrower gives it back when no thread uses it. */
  take(bytes: number): Uint8Array {
    const piece = this.#free.pop();
    // One that has become too small goes.
    return piece && piece.length >= bytes ? piece : new Uint8Array(new SharedArrayBuffer(bytes));
  }

  give(piece: Uint8Array): void {
    this.#free.push(piece);
  }
}
