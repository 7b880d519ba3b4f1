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
  if (offset + length > source.size) {
    throw new FormatError(
      'TRUNCATED',
      `${what} should reach to byte ${offset + length}, but there are ${source.size}: the file is truncated. Copy or ` +
        'download it again.',
    );
  }
  signal?.throwIfAborted();
  const bytes = await source.read(offset, length, signal);
  if (bytes.length !== length) {
    throw new FormatError(
      'TRUNCATED',
      `${what}: asked for ${length} bytes from byte ${offset} and got ${bytes.length}. Has the file changed meanwhile?`,
    );
  }
  return bytes;
}
