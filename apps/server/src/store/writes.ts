/** @file What is to be written: checked and packed before it waits for its turn. */
import type { IdKind, ItemId as KeptId } from '@dqn/format';
import { ServerError } from '../errors.ts';
import { isWellFormed, shown, toKeep, toKept } from './ids.ts';
import { PackedPuts, type PutParts } from './journal-format.ts';
import type { ItemId, StoredItem } from './store.ts';
import { Turns } from './turns.ts';

/** Items of one write at most. */
export const MOST_ITEMS = 65_536;
/** Bytes of one write at most: they go to the disk together. */
export const MOST_WRITE_BYTES = 2 ** 27;
/** UTF-8 bytes of an item's metadata at most. */
export const MOST_METADATA_BYTES = 65_536;
/** Bytes of a thumbnail at most. */
export const MOST_THUMBNAIL_BYTES = 2 ** 20;
const MOST_LABELS = 1024;
const MOST_LABEL_BYTES = 1024;
/** Bytes of an item beside its code, about, for the first piece of memory. */
const ITEM_BYTES = 64;

/** Changes that are written together. */
export type Write = Puts | Removals;

/** Items to be put, packed. */
export interface Puts {
  readonly kind: 'put';
  readonly ids: readonly KeptId[];
  readonly labels: readonly (readonly string[])[];
  readonly packed: PackedPuts;
}

/** Ids to be removed; undefined for what can be no id of the gallery. */
export interface Removals {
  readonly kind: 'remove';
  readonly ids: readonly (KeptId | undefined)[];
}

const NO_LABELS: readonly string[] = [];
const NOTHING = new Uint8Array(0);

/** What items must fit. */
export interface Shape {
  readonly idKind: IdKind;
  readonly M: number;
  readonly K: number;
}

/** Items to be put. Of many, others have their turn in between. @throws ServerError `BAD_ITEM` */
export async function toPuts(items: readonly StoredItem[], shape: Shape): Promise<Puts> {
  checkCount(items.length);
  const ids: KeptId[] = [];
  const labels: (readonly string[])[] = [];
  const packed = new PackedPuts(shape.idKind, items.length * (shape.M + ITEM_BYTES));
  const turns = new Turns();
  for (let i = 0; i < items.length; i++) {
    if ((i & 15) === 15 && turns.isOver) await turns.next();
    const parts = partsOf(items[i], shape);
    packed.add(parts);
    if (packed.length > MOST_WRITE_BYTES) throw tooMuch(i + 1, items.length);
    ids.push(parts.id);
    labels.push(parts.labels);
  }
  return { kind: 'put', ids, labels, packed };
}

/** An item, checked. @throws ServerError `BAD_ITEM` */
export function partsOf(item: StoredItem, shape: Shape): PutParts {
  return {
    id: toKeep(item.id, shape.idKind),
    code: codeOf(item, shape),
    labels: labelsOf(item),
    metadata: metadataOf(item),
    thumbnail: thumbnailOf(item),
  };
}

/** More than is written together. */
export function tooMuch(first: number, of: number): ServerError {
  return new ServerError(
    'BAD_ITEM',
    `The first ${first} of ${of} items have more than ${MOST_WRITE_BYTES} bytes. Send them in parts.`,
  );
}

/** Ids to be removed. @throws ServerError `BAD_ITEM` */
export function toRemovals(ids: readonly ItemId[], { idKind }: Shape): Removals {
  checkCount(ids.length);
  return { kind: 'remove', ids: ids.map((id) => toKept(id, idKind)) };
}

/** Bytes that a write takes in the journal. */
export function sizeOf(write: Write): number {
  return write.kind === 'put' ? write.packed.bytes.length : 5 * write.ids.length;
}

function codeOf({ id, code }: StoredItem, { M, K }: Shape): Uint8Array {
  if (!(code instanceof Uint8Array) || code.length !== M) throw wrong(id, `a code of ${code?.length} bytes`, `${M}`);
  if (K < 256) {
    for (let m = 0; m < M; m++) if (code[m] >= K) throw wrong(id, `subcode ${code[m]}`, `each below ${K}`);
  }
  return code;
}

function labelsOf({ id, labels }: StoredItem): readonly string[] {
  if (labels === undefined) return NO_LABELS;
  if (!Array.isArray(labels) || labels.length > MOST_LABELS) {
    throw wrong(id, 'labels that are no list', `a list of up to ${MOST_LABELS} names`);
  }
  for (const label of labels) {
    const isGood =
      typeof label === 'string' && label !== '' && isWellFormed(label) && Buffer.byteLength(label) <= MOST_LABEL_BYTES;
    if (!isGood)
      throw wrong(id, `the label ${shown(label)}`, `the name of a class, of up to ${MOST_LABEL_BYTES} bytes`);
  }
  return labels.length > 1 ? [...new Set<string>(labels)] : labels.slice();
}

function metadataOf({ id, metadata }: StoredItem): string {
  if (metadata === undefined) return '';
  const text = jsonOf(metadata);
  if (text === undefined) throw wrong(id, `metadata ${shown(metadata)}`, 'a JSON object');
  if (Buffer.byteLength(text) > MOST_METADATA_BYTES) {
    throw wrong(id, `metadata of ${Buffer.byteLength(text)} bytes`, `up to ${MOST_METADATA_BYTES}`);
  }
  return text;
}

function thumbnailOf({ id, thumbnail = NOTHING }: StoredItem): Uint8Array {
  if (thumbnail instanceof Uint8Array && thumbnail.length <= MOST_THUMBNAIL_BYTES) return thumbnail;
  throw wrong(id, 'a thumbnail that is too large, or none', `up to ${MOST_THUMBNAIL_BYTES} bytes`);
}

function wrong(id: ItemId, what: string, expected: string): ServerError {
  return new ServerError('BAD_ITEM', `Item ${shown(id)} has ${what}; expected ${expected}.`);
}

/** An object as JSON; undefined for anything else. */
function jsonOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  try {
    const text = JSON.stringify(value);
    return text?.startsWith('{') ? text : undefined;
  } catch {
    return undefined;
  }
}

/** @throws ServerError `BAD_ITEM` */
export function checkCount(count: number): void {
  if (count <= MOST_ITEMS) return;
  throw new ServerError('BAD_ITEM', `${count} items at once; expected up to ${MOST_ITEMS}. Send them in parts.`);
}
