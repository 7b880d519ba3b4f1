/** @file What is to be written: checked and packed before it waits for its turn. */
import type { IdKind, ItemId as KeptId } from '@dqn/format';
import { ServerError } from '../errors.ts';
import { isWellFormed, shown, toKeep, toKept } from './ids.ts';
import { packPut } from './journal-format.ts';
import type { ItemId, Metadata, StoredItem } from './store.ts';

/** Items of one write at most. */
export const MOST_ITEMS = 65_536;
/** UTF-8 bytes of an item's metadata at most. */
export const MOST_METADATA_BYTES = 65_536;
/** Bytes of a thumbnail at most. */
export const MOST_THUMBNAIL_BYTES = 2 ** 20;
/** Bytes of one write at most, all of its items together. */
export const MOST_WRITE_BYTES = 2 ** 26;
const MOST_LABELS = 1024;
const MOST_LABEL_BYTES = 1024;

/** One change that waits. */
export type Op =
  | {
      readonly kind: 'put';
      readonly id: KeptId;
      readonly code: Uint8Array;
      readonly labels: readonly string[];
      readonly metadata: Metadata | undefined;
      /** As the journal has it, but for the slot. */
      readonly bytes: Uint8Array;
      readonly metadataAt: number;
      readonly metadataLength: number;
      readonly thumbnailLength: number;
    }
  | { readonly kind: 'remove'; readonly id: KeptId | undefined };

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** What items must fit. */
export interface Shape {
  readonly idKind: IdKind;
  readonly M: number;
  readonly K: number;
}

/** Items to be put. @throws ServerError `BAD_ITEM` */
export function toPuts(items: readonly StoredItem[], shape: Shape): Op[] {
  checkCount(items.length);
  return items.map((item) => toPut(item, shape));
}

/** Ids to be removed. @throws ServerError `BAD_ITEM` */
export function toRemovals(ids: readonly ItemId[], { idKind }: Shape): Op[] {
  checkCount(ids.length);
  return ids.map((id) => ({ kind: 'remove', id: toKept(id, idKind) }));
}

function toPut({ id, code, labels = [], metadata, thumbnail = NOTHING }: StoredItem, shape: Shape): Op {
  const { idKind, M, K } = shape;
  const kept = toKeep(id, idKind);
  const wrong = (what: string, expected: string) =>
    new ServerError('BAD_ITEM', `Item ${shown(id)} has ${what}; expected ${expected}.`);
  if (!(code instanceof Uint8Array) || code.length !== M) {
    throw wrong(`a code of ${code?.length} bytes`, `${M}`);
  }
  if (K < 256 && code.some((value) => value >= K)) throw wrong('a code of other codewords', `each below ${K}`);
  if (!Array.isArray(labels) || labels.length > MOST_LABELS) throw wrong('labels that are no list', 'a list of names');
  const unique = [...new Set<string>(labels)];
  const packedLabels = unique.map((label) => {
    if (typeof label !== 'string' || label === '' || !isWellFormed(label)) {
      throw wrong(`the label ${shown(label)}`, 'the name of a class');
    }
    const bytes = encoder.encode(label);
    if (bytes.length > MOST_LABEL_BYTES) throw wrong(`a label of ${bytes.length} bytes`, `up to ${MOST_LABEL_BYTES}`);
    return bytes;
  });
  let packedMetadata: Uint8Array = NOTHING;
  let plain: Metadata | undefined;
  if (metadata !== undefined) {
    const text = jsonOf(metadata);
    if (text === undefined) throw wrong(`metadata ${shown(metadata)}`, 'a JSON object');
    packedMetadata = encoder.encode(text);
    if (packedMetadata.length > MOST_METADATA_BYTES) {
      throw wrong(`metadata of ${packedMetadata.length} bytes`, `up to ${MOST_METADATA_BYTES}`);
    }
    plain = JSON.parse(text);
  }
  if (!(thumbnail instanceof Uint8Array) || thumbnail.length > MOST_THUMBNAIL_BYTES) {
    throw wrong('a thumbnail that is too large, or none', `up to ${MOST_THUMBNAIL_BYTES} bytes`);
  }
  const own = code.slice();
  const packed = packPut({ id: kept, code: own, labels: packedLabels, metadata: packedMetadata, thumbnail }, idKind);
  return {
    ...{ kind: 'put', id: kept, code: own, labels: unique, metadata: plain, ...packed },
    metadataLength: packedMetadata.length,
    thumbnailLength: thumbnail.length,
  };
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

function checkCount(count: number): void {
  if (count <= MOST_ITEMS) return;
  throw new ServerError('BAD_ITEM', `${count} items at once; expected up to ${MOST_ITEMS}. Send them in parts.`);
}

/** Bytes that a write takes in the journal. */
export function sizeOf(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => sum + (op.kind === 'put' ? op.bytes.length : 5), 0);
}
