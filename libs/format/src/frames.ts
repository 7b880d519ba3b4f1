/**
 * @file Frames of a file that is only appended to: each is whole or not there.
 *
 *     24 bytes   "DQNF", nonce u32, ordinal u32, kind u32, length u32, CRC-32 of all of it but itself
 *     length     what was written together, and synced before anything behind it was written
 *
 * Little-endian. A frame is what one sync covers. So a frame that isn't whole at the end of a file was never
 * acknowledged; one with whole frames behind it was, and is damaged. The nonce, another in every file, keeps what an
 * earlier file left on the disk from being taken for a frame; the ordinal counts a file's frames from 0.
 */
import { crc32 } from './crc32.ts';

/** Bytes in front of a frame's content. */
export const FRAME_BYTES = 24;
/** A longer content isn't written, and isn't taken for one. */
export const MOST_FRAME_BYTES = 2 ** 28;
/** "DQNF" */
const FRAME_MAGIC = 0x464e5144;

/** What stands in front of a frame's content. */
export interface FrameHead {
  readonly nonce: number;
  /** Counted from 0 in each file. */
  readonly ordinal: number;
  readonly kind: number;
  /** Bytes of the content. */
  readonly length: number;
  readonly crc: number;
}

/**
 * A frame: its head, and its content as it was handed in, in memory of its own.
 *
 * @throws RangeError for a content that is too long
 */
export function packFrame(
  { nonce, ordinal, kind }: Pick<FrameHead, 'nonce' | 'ordinal' | 'kind'>,
  content: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  if (length > MOST_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes; expected up to ${MOST_FRAME_BYTES}`);
  const bytes = new Uint8Array(FRAME_BYTES + length);
  const view = new DataView(bytes.buffer);
  [FRAME_MAGIC, nonce, ordinal, kind, length].forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  let at = FRAME_BYTES;
  for (const piece of content) {
    bytes.set(piece, at);
    at += piece.length;
  }
  view.setUint32(20, frameCrc(bytes, bytes.subarray(FRAME_BYTES)), true);
  return bytes;
}

/** The head of a frame; undefined where none can be. */
export function unpackHead(bytes: Uint8Array): FrameHead | undefined {
  if (bytes.length < FRAME_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_BYTES);
  const number = (at: number) => view.getUint32(at, true);
  if (number(0) !== FRAME_MAGIC) return undefined;
  return { nonce: number(4), ordinal: number(8), kind: number(12), length: number(16), crc: number(20) };
}

/** The checksum of a head (but for the checksum itself) and its content. */
export function frameCrc(head: Uint8Array, content: Uint8Array): number {
  return crc32(content, crc32(head.subarray(0, 20)));
}

/** The eight bytes that frames of a file begin with: by them one is found again behind a damaged one. */
export function frameBegin(nonce: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint32(4, nonce, true);
  return bytes;
}
