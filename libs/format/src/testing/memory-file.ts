/** @file A file in memory that notes what is done to it, and can be had as it was at any moment in between. */
import type { AppendFile } from '../gallery/append.ts';

/** What was done. */
export type Step =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number }
  | { readonly kind: 'sync' };

/** A file in memory. */
export class MemoryFile implements AppendFile {
  readonly steps: Step[] = [];
  /** Called before each step; what it throws is what the step throws. */
  before: (step: Step) => void = () => {};
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.slice();
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  get size(): number {
    return this.#bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes.slice(offset, offset + length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#do({ kind: 'write', offset, bytes: bytes.slice() });
  }

  async sync(): Promise<void> {
    this.#do({ kind: 'sync' });
  }

  async truncate(length: number): Promise<void> {
    this.#do({ kind: 'truncate', length });
  }

  #do(step: Step): void {
    this.before(step);
    this.steps.push(step);
    this.#bytes = after(this.#bytes, step);
  }
}

/** A file after a step, of a write only the first `length` bytes. */
export function after(bytes: Uint8Array, step: Step, length = Number.POSITIVE_INFINITY): Uint8Array {
  if (step.kind === 'sync') return bytes;
  if (step.kind === 'truncate') return resized(bytes, step.length);
  const written = step.bytes.subarray(0, length);
  const changed = resized(bytes, Math.max(bytes.length, step.offset + written.length));
  changed.set(written, step.offset);
  return changed;
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
