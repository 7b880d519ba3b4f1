/** @file Ids as callers give them, as a gallery keeps them, and as they are given back. */
import type { IdKind, ItemId as KeptId } from '@dqn/format';
import { ServerError } from '../errors.ts';
import type { ItemId } from './store.ts';

/** UTF-8 bytes of the longest id. */
export const MOST_ID_BYTES = 1024;
const DECIMAL = /^(0|[1-9]\d{0,19})$/;

/** What a gallery keeps of an id; undefined for one that none of its items can have. */
export function toKept(id: ItemId, kind: IdKind): KeptId | undefined {
  // UTF-8 would make another text of what isn't well-formed.
  if (kind === 'string') return typeof id === 'string' && isWellFormed(id) ? id : undefined;
  if (typeof id === 'number') {
    if (!Number.isSafeInteger(id) || id < 0) return undefined;
    return kind === 'u64' ? BigInt(id) : id < 2 ** 32 ? id : undefined;
  }
  if (typeof id !== 'string' || !DECIMAL.test(id)) return undefined;
  const number = BigInt(id);
  if (kind === 'u64') return number < 2n ** 64n ? number : undefined;
  return number < 2n ** 32n ? Number(number) : undefined;
}

/** The same for an item that is to be kept. @throws ServerError `BAD_ITEM` */
export function toKeep(id: ItemId, kind: IdKind): KeptId {
  const kept = toKept(id, kind);
  if (kept === undefined && !(kind === 'string' && typeof id === 'string')) {
    const expected = { string: 'a text', u32: 'a whole number below 2^32', u64: 'a whole number below 2^64' }[kind];
    throw new ServerError('BAD_ITEM', `${shown(id)} can't be an id of this gallery; expected ${expected}.`);
  }
  if (kept !== undefined && typeof kept !== 'string') return kept;
  if (!kept || Buffer.byteLength(kept) > MOST_ID_BYTES) {
    throw new ServerError(
      'BAD_ITEM',
      `${shown(id)} can't be an id; expected 1 to ${MOST_ID_BYTES} bytes of well-formed text.`,
    );
  }
  return kept;
}

/** An id as it is given back. */
export function fromKept(id: KeptId): ItemId {
  return typeof id === 'bigint' ? String(id) : id;
}

/** Whether a text has no half of a surrogate pair by itself, which UTF-8 can't hold. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** A value for a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
