/** @file Reads a journal front to back, and finds out where what is whole ends. */
import { frameBehind as behind, type Frame, frames as framesOf, type ReadBytes } from '@dqn/format';
import type { StoreFile } from './files.ts';
import { readFully } from './files.ts';
import { HEADER_BYTES, type JournalHeader, unpackHeader } from './journal-format.ts';

/** A journal's header; undefined where it isn't whole. */
export async function readHeader(file: StoreFile): Promise<JournalHeader | undefined> {
  return unpackHeader(await readerOf(file)(0, HEADER_BYTES));
}

/**
 * The frames of a journal, until one isn't whole.
 *
 * @param end where to stop at the latest
 */
export function frames(
  file: StoreFile,
  { nonce }: JournalHeader,
  end: number,
): AsyncGenerator<Frame, { readonly end: number; readonly ordinal: number }> {
  return framesOf(readerOf(file), { nonce, from: HEADER_BYTES, end });
}

/** Where the first whole frame behind `from` begins; undefined where there is none. */
export async function frameBehind(
  file: StoreFile,
  { nonce }: JournalHeader,
  from: number,
  end: number,
): Promise<number | undefined> {
  return (await behind(readerOf(file), { nonce, from, end }))?.at;
}

function readerOf(file: StoreFile): ReadBytes {
  return async (offset, length) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await readFully(file, bytes, offset));
  };
}
