/** @file Where bytes come from: memory, a file, a URL. The reader of galleries asks for ranges and nothing else. */
import { FormatError } from './errors.ts';

/** Something that is read by ranges. */
export interface ByteSource {
  /** All of its bytes. */
  readonly size: number;
  /**
   * The bytes from `offset` on. Never asked for beyond `size`; what it gives may be a view of memory that others
   * share, so nobody writes into it.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Fills `target` from `offset` on, where the source can do that without bytes of its own in between; gives how many
   * there were. `target` may be a view of memory that threads share.
   */
  readInto?(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
  /** Frees what it holds. */
  close?(): Promise<void>;
}

/** Bytes in memory as a source; ranges are views, not copies. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      return bytes.subarray(offset, offset + length);
    },
  };
}

/**
 * A range, whole or not at all.
 *
 * @throws FormatError `TRUNCATED` if the source ends before the range does
 */
export async function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  checkEnd(source, offset + length, what);
  signal?.throwIfAborted();
  const bytes = await source.read(offset, length, signal);
  checkLength(bytes.length, offset, length, what);
  return bytes;
}

/**
 * The same into memory that is there.
 *
 * @throws FormatError `TRUNCATED` if the source ends before `target` is full
 */
export async function readRangeInto(
  source: ByteSource,
  offset: number,
  target: Uint8Array,
  what: string,
  signal?: AbortSignal,
): Promise<void> {
  if (source.readInto === undefined) {
    target.set(await readRange(source, offset, target.length, what, signal));
    return;
  }
  checkEnd(source, offset + target.length, what);
  signal?.throwIfAborted();
  checkLength(await source.readInto(offset, target, signal), offset, target.length, what);
}

function checkEnd(source: ByteSource, end: number, what: string): void {
  if (end <= source.size) return;
  throw new FormatError(
    'TRUNCATED',
    `${what} should reach to byte ${end}, but there are ${source.size}: the file is truncated. Copy or download it again.`,
  );
}

function checkLength(found: number, offset: number, length: number, what: string): void {
  if (found === length) return;
  throw new FormatError(
    'TRUNCATED',
    `${what}: asked for ${length} bytes from byte ${offset} and got ${found}. Has the file changed meanwhile?`,
  );
}
