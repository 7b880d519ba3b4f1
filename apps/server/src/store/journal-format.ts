/**
 * @file What a journal holds: a header, and frames (of @dqn/format) that are each whole or not there.
 *
 *     header   128 bytes   "DQNJRNL1", nonce u32, number u32, kind of ids u8, M u8, codebook (32 bytes from 32 on),
 *                          base (32 bytes), number, nonce and frames of the journal before (3 × u32; zeros: none, or
 *                          not said), CRC-32 in the last 4
 * Little-endian. A frame is what one sync covers. The items of one of kind 1 are changes one behind another:
 *
 *     1 put     slot u32, id, code [M], labels (u16 count; each u16 length, UTF-8), metadata (u32 length, JSON as UTF-8),
 *               thumbnail (u32 length, bytes)
 *     2 remove  slot u32
 *
 * An id is a u32, a u64, or a u16 length and UTF-8, as the header says. A frame of kind 2 holds 36 bytes: the gallery
 * file that has this identity contains everything before the journal of the number (u32) behind it. One of kind 3 is
 * empty: whether the disk can be written again.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { IdKind, ItemId } from '@dqn/format';

/** Bytes in front of the first frame. */
export const HEADER_BYTES = 128;
const MAGIC = 'DQNJRNL1';
const KINDS: readonly IdKind[] = ['string', 'u32', 'u64'];

/** What kinds of frames there are. */
export const FRAME = { changes: 1, base: 2, trial: 3 } as const;
/** What kinds of changes there are. */
export const CHANGE = { put: 1, remove: 2 } as const;

/** What a journal says of itself. */
export interface JournalHeader {
  /** Another in every file. */
  readonly nonce: number;
  /** Journals continue each other in the order of their numbers. */
  readonly number: number;
  readonly idKind: IdKind;
  readonly M: number;
  readonly codebookSha256: string;
  /** Identity of the gallery file that it continues; zeros where it continues the journal before it. */
  readonly base: string;
  /** The journal that it continues, as it was then: whether one is missing or was cut shows by it. */
  readonly before?: { readonly number: number; readonly nonce: number; readonly frames: number } | undefined;
}

/** For a journal that continues the one before it. */
export const NO_BASE = '0'.repeat(64);

/** A number by which frames are told from another file's. */
export function newNonce(): number {
  return randomBytes(4).readUInt32LE();
}

/** The bytes of a header. */
export function packHeader(header: JournalHeader): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(header.nonce, 8);
  bytes.writeUInt32LE(header.number, 12);
  bytes[16] = KINDS.indexOf(header.idKind);
  bytes[17] = header.M;
  bytes.write(header.codebookSha256, 32, 'hex');
  bytes.write(header.base, 64, 'hex');
  const { number = 0, nonce = 0, frames = 0 } = header.before ?? {};
  [number, nonce, frames].forEach((value, i) => {
    bytes.writeUInt32LE(value, 96 + 4 * i);
  });
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return bytes;
}

/** A header, or undefined where it isn't whole. */
export function unpackHeader(from: Uint8Array): JournalHeader | undefined {
  if (from.length < HEADER_BYTES) return undefined;
  const bytes = Buffer.from(from.buffer, from.byteOffset, HEADER_BYTES);
  if (bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
  if (crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== bytes.readUInt32LE(HEADER_BYTES - 4)) return undefined;
  const [number, nonce, frames] = [96, 100, 104].map((at) => bytes.readUInt32LE(at));
  return {
    ...(number > 0 && { before: { number, nonce, frames } }),
    nonce: bytes.readUInt32LE(8),
    number: bytes.readUInt32LE(12),
    idKind: KINDS[bytes[16]],
    M: bytes[17],
    codebookSha256: bytes.toString('hex', 32, 64),
    base: bytes.toString('hex', 64, 96),
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The parts of an item that is to be put. */
export interface PutParts {
  readonly id: ItemId;
  readonly code: Uint8Array;
  /** Names of classes. */
  readonly labels: readonly string[];
  /** JSON; empty for none. */
  readonly metadata: string;
  readonly thumbnail: Uint8Array;
}

/** Puts one behind the other, in one piece of memory; their slots are filled in later. */
export class PackedPuts {
  readonly #idKind: IdKind;
  #bytes: Buffer;
  #end = 0;
  /** Where each begins, its code, its metadata. */
  readonly starts: number[] = [];
  readonly codeAt: number[] = [];
  readonly metadataAt: number[] = [];
  readonly metadataLength: number[] = [];
  readonly thumbnailLength: number[] = [];

  /** @param expected bytes, about */
  constructor(idKind: IdKind, expected: number) {
    this.#idKind = idKind;
    this.#bytes = Buffer.allocUnsafeSlow(expected);
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  get length(): number {
    return this.#end;
  }

  setSlot(i: number, slot: number): void {
    this.#bytes.writeUInt32LE(slot, this.starts[i] + 1);
  }

  add({ id, code, labels, metadata, thumbnail }: PutParts): void {
    // UTF-8 has at most three bytes for a unit of UTF-16.
    let most = 32 + code.length + 3 * metadata.length + thumbnail.length + (typeof id === 'string' ? 3 * id.length : 8);
    for (const label of labels) most += 2 + 3 * label.length;
    if (this.#end + most > this.#bytes.length) this.#grow(this.#end + most);
    const bytes = this.#bytes;
    let at = this.#end;
    this.starts.push(at);
    bytes[at] = CHANGE.put;
    at = bytes.writeUInt32LE(0, at + 1);
    if (typeof id === 'string') at = writeText(bytes, id, at);
    else at = this.#idKind === 'u32' ? bytes.writeUInt32LE(id as number, at) : bytes.writeBigUInt64LE(id as bigint, at);
    this.codeAt.push(at);
    bytes.set(code, at);
    at = bytes.writeUInt16LE(labels.length, at + code.length);
    for (const label of labels) at = writeText(bytes, label, at);
    const metadataLength = metadata === '' ? 0 : bytes.write(metadata, at + 4);
    at = bytes.writeUInt32LE(metadataLength, at);
    this.metadataAt.push(at);
    this.metadataLength.push(metadataLength);
    at = bytes.writeUInt32LE(thumbnail.length, at + metadataLength);
    bytes.set(thumbnail, at);
    this.thumbnailLength.push(thumbnail.length);
    this.#end = at + thumbnail.length;
  }

  #grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
  }
}

/** A u16 length and UTF-8; gives where it ends. */
function writeText(bytes: Buffer, text: string, at: number): number {
  const length = bytes.write(text, at + 2);
  bytes.writeUInt16LE(length, at);
  return at + 2 + length;
}

/** The bytes of removals. */
export function packRemovals(slots: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(5 * slots.length);
  for (const [i, slot] of slots.entries()) {
    bytes[5 * i] = CHANGE.remove;
    bytes.writeUInt32LE(slot, 5 * i + 1);
  }
  return bytes;
}

/** A change as it is read. */
export type Change =
  | {
      readonly kind: 'put';
      readonly slot: number;
      readonly id: ItemId;
      readonly code: Uint8Array;
      readonly labels: readonly string[];
      /** Where the metadata's bytes begin, in the content. Those of the thumbnail begin 4 bytes behind their end. */
      readonly metadataAt: number;
      readonly metadataLength: number;
      readonly thumbnailLength: number;
    }
  | { readonly kind: 'remove'; readonly slot: number };

/** The changes of a frame, in order. @throws RangeError where the content isn't what it should be */
export function* unpackChanges(
  content: Uint8Array,
  { idKind, M }: Pick<JournalHeader, 'idKind' | 'M'>,
): Generator<Change> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('a change ends behind its frame');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const readId = (): ItemId => {
    if (idKind === 'u32') return take(4).readUInt32LE();
    if (idKind === 'u64') return take(8).readBigUInt64LE();
    return decoder.decode(take(take(2).readUInt16LE()));
  };
  while (at < bytes.length) {
    const head = take(5);
    const slot = head.readUInt32LE(1);
    if (head[0] === CHANGE.remove) {
      yield { kind: 'remove', slot };
      continue;
    }
    if (head[0] !== CHANGE.put) throw new RangeError(`a change of kind ${head[0]}`);
    const id = readId();
    const code = take(M);
    const labels = Array.from({ length: take(2).readUInt16LE() }, () => decoder.decode(take(take(2).readUInt16LE())));
    const metadataLength = take(4).readUInt32LE();
    const metadataAt = at;
    take(metadataLength);
    const thumbnailLength = take(4).readUInt32LE();
    take(thumbnailLength);
    yield { kind: 'put', slot, id, code, labels, metadataAt, metadataLength, thumbnailLength };
  }
}
