/**
 * @file What a journal of own pictures holds: a header, frames (of @dqn/format), and in these changes one behind another.
 *
 *     header     64 bytes   "DQNOWN1\0", nonce u32, number u32, M u8, zeros, codebook's SHA-256 (32 bytes from 28 on),
 *                           CRC-32 in the last 4
 *     1 put                 id, code [M], labels (u16 count; each a text), media type of the thumbnail (a text),
 *                           metadata (u32 length, JSON as UTF-8), thumbnail (u32 length, bytes)
 *     2 remove              id
 *
 * Little-endian. Each change begins with its kind (u8) and its length with these five bytes (u32). A text is a u16 length
 * and UTF-8. Of two changes of one id the later holds.
 */
import { crc32 } from '@dqn/format';

/** Bytes in front of the first frame. */
export const HEADER_BYTES = 64;
/** The one kind of frames that there is. */
export const CHANGES = 1;
/** What kinds of changes there are. */
const CHANGE = { put: 1, remove: 2 } as const;
const CHANGE_BYTES = 5;
const MAGIC = 'DQNOWN1\0';
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What a journal says of itself. */
export interface OwnHeader {
  /** Another in every file. */
  readonly nonce: number;
  /** Of the journals of a collection the one with the highest number that is whole counts. */
  readonly number: number;
  readonly M: number;
  readonly codebookSha256: string;
}

/** The bytes of a header. */
export function packHeader({ nonce, number, M, codebookSha256 }: OwnHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  encoder.encodeInto(MAGIC, bytes);
  view.setUint32(8, nonce, true);
  view.setUint32(12, number, true);
  bytes[16] = M;
  for (let i = 0; i < 32; i++) bytes[28 + i] = Number.parseInt(codebookSha256.slice(2 * i, 2 * i + 2), 16);
  view.setUint32(HEADER_BYTES - 4, crc32(bytes.subarray(0, HEADER_BYTES - 4)), true);
  return bytes;
}

/** A header, or undefined where it isn't whole. */
export function unpackHeader(bytes: Uint8Array): OwnHeader | undefined {
  if (bytes.length < HEADER_BYTES || decoder.decode(bytes.subarray(0, 8)) !== MAGIC) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== view.getUint32(HEADER_BYTES - 4, true)) return undefined;
  const codebookSha256 = Array.from(bytes.subarray(28, 60), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { nonce: view.getUint32(8, true), number: view.getUint32(12, true), M: bytes[16], codebookSha256 };
}

/** An item that is to be put. */
export interface OwnPut {
  readonly id: string;
  /** [M] */
  readonly code: Uint8Array;
  readonly labels: readonly string[];
  /** JSON as UTF-8; empty for none. */
  readonly metadata: Uint8Array;
  /** An encoded picture and its media type; empty for none. */
  readonly thumbnail: Uint8Array;
  readonly thumbnailType: string;
}

/** UTF-8 bytes of an id, a label or a media type at most. */
export const MOST_TEXT_BYTES = 2 ** 16 - 1;

/** The bytes of a put. Its texts are within MOST_TEXT_BYTES. */
export function packPut({ id, code, labels, metadata, thumbnail, thumbnailType }: OwnPut): Uint8Array<ArrayBuffer> {
  const texts = [id, ...labels, thumbnailType].map((text) => encoder.encode(text));
  const length =
    CHANGE_BYTES +
    texts.reduce((sum, { length }) => sum + 2 + length, code.length + 2 + 8) +
    metadata.length +
    thumbnail.length;
  const writer = changeWriter(CHANGE.put, length);
  writer.text(texts[0]);
  writer.bytes(code);
  writer.u16(labels.length);
  for (const text of texts.slice(1)) writer.text(text);
  for (const piece of [metadata, thumbnail]) {
    writer.u32(piece.length);
    writer.bytes(piece);
  }
  return writer.all;
}

/** The bytes of a removal. */
export function packRemoval(id: string): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(id);
  const writer = changeWriter(CHANGE.remove, CHANGE_BYTES + 2 + text.length);
  writer.text(text);
  return writer.all;
}

function changeWriter(kind: number, length: number) {
  const all = new Uint8Array(length);
  const view = new DataView(all.buffer);
  all[0] = kind;
  view.setUint32(1, length, true);
  let at = CHANGE_BYTES;
  return {
    all,
    u16(value: number) {
      view.setUint16(at, value, true);
      at += 2;
    },
    u32(value: number) {
      view.setUint32(at, value, true);
      at += 4;
    },
    bytes(piece: Uint8Array) {
      all.set(piece, at);
      at += piece.length;
    },
    text(piece: Uint8Array) {
      this.u16(piece.length);
      this.bytes(piece);
    },
  };
}

/** A change as it is read. Places count from the beginning of the content that it was read from. */
export type OwnChange =
  | {
      readonly kind: 'put';
      readonly id: string;
      readonly code: Uint8Array;
      readonly labels: readonly string[];
      readonly thumbnailType: string;
      /** All of the change. */
      readonly at: number;
      readonly length: number;
      readonly metadataAt: number;
      readonly metadataLength: number;
      readonly thumbnailLength: number;
    }
  | { readonly kind: 'remove'; readonly id: string };

/** The changes of a frame, in order. @throws RangeError where the content isn't what it should be */
export function* unpackChanges(content: Uint8Array, M: number): Generator<OwnChange> {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > content.length) throw new RangeError('a change ends behind its frame');
    at += length;
    return content.subarray(at - length, at);
  };
  const u32 = () => {
    take(4);
    return view.getUint32(at - 4, true);
  };
  const u16 = () => {
    take(2);
    return view.getUint16(at - 2, true);
  };
  const text = () => decoder.decode(take(u16()));
  while (at < content.length) {
    const start = at;
    const [kind] = take(1);
    const length = u32();
    const id = text();
    if (kind === CHANGE.remove) yield { kind: 'remove', id };
    else if (kind === CHANGE.put) {
      const code = take(M);
      const labels = Array.from({ length: u16() }, text);
      const thumbnailType = text();
      const metadataLength = u32();
      const metadataAt = at;
      take(metadataLength);
      const thumbnailLength = u32();
      take(thumbnailLength);
      const change = { at: start, length, metadataAt, metadataLength, thumbnailLength };
      yield { kind: 'put', id, code, labels, thumbnailType, ...change };
    } else throw new RangeError(`a change of kind ${kind}`);
    if (at - start !== length) throw new RangeError(`a change of ${at - start} bytes that says ${length}`);
  }
}
