/** @file Metadata as they stand in a journal. */
import { ServerError } from '../errors.ts';
import type { Metadata } from './store.ts';

const decoder = new TextDecoder();

/** An object from JSON as UTF-8; undefined for none. @throws ServerError `JOURNAL_DAMAGED` */
export function parseMetadata(bytes: Uint8Array): Metadata | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new ServerError('JOURNAL_DAMAGED', 'The metadata of an item in the journal are no JSON any more.', { cause });
  }
}
