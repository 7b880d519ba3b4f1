/** @file Reads frames front to back, and finds out where what is whole ends. */
import { FRAME_BYTES, frameBegin, frameCrc, MOST_FRAME_BYTES, unpackHead } from './frames.ts';

/** Bytes read at a time: a file may be millions of small frames. */
const WINDOW_BYTES = 2 ** 22;

/** Reads a range: all of it, or what there is up to the end of the file. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** Which frames to read. */
export interface FramesOf {
  readonly nonce: number;
  /** Where the first one begins, and its ordinal: 0 unless told. */
  readonly from: number;
  readonly ordinal?: number | undefined;
  /** Where to stop at the latest. */
  readonly end: number;
}

/** A frame that is whole. */
export interface Frame {
  readonly kind: number;
  /** Where its content begins in the file. */
  readonly at: number;
  /** Only until the next frame is asked for. */
  readonly content: Uint8Array;
}

/** A frame that was looked for. */
interface Found {
  readonly kind: number;
  readonly ordinal: number;
  readonly content: Uint8Array;
}

/** Reads ranges that ascend, many by one call. */
class Window {
  readonly #read: ReadBytes;
  readonly #end: number;
  #bytes = new Uint8Array(0);
  #at = 0;

  constructor(read: ReadBytes, end: number) {
    this.#read = read;
    this.#end = end;
  }

  /** The bytes from `offset` on: `length`, or fewer at the end. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#at;
    if (from < 0 || from + length > this.#bytes.length) {
      const wanted = Math.max(0, Math.min(Math.max(length, WINDOW_BYTES), this.#end - offset));
      this.#bytes = (await this.#read(offset, wanted)) as Uint8Array<ArrayBuffer>;
      this.#at = offset;
    }
    return this.#bytes.subarray(offset - this.#at, offset - this.#at + length);
  }
}

/** The frames of a file, until one isn't whole; gives where that is, and its ordinal. */
export async function* frames(
  read: ReadBytes,
  { nonce, from, ordinal = 0, end }: FramesOf,
): AsyncGenerator<Frame, { readonly end: number; readonly ordinal: number }> {
  const window = new Window(read, end);
  let at = from;
  for (let next = ordinal; ; next++) {
    const found = await wholeFrame(window, at, end, nonce);
    if (found === undefined || found.ordinal !== next) return { end: at, ordinal: next };
    yield { kind: found.kind, content: found.content, at: at + FRAME_BYTES };
    at += FRAME_BYTES + found.content.length;
  }
}

/** Where the first whole frame from `from` on begins, of whatever ordinal; undefined where there is none. */
export async function frameBehind(
  read: ReadBytes,
  { nonce, from, end }: FramesOf,
): Promise<{ readonly at: number; readonly ordinal: number } | undefined> {
  const begin = frameBegin(nonce);
  const window = new Window(read, end);
  for (let at = from; at < end; at += WINDOW_BYTES) {
    const bytes = await window.read(at, WINDOW_BYTES + begin.length - 1);
    for (let i = bytes.indexOf(begin[0]); i >= 0; i = bytes.indexOf(begin[0], i + 1)) {
      if (!begin.every((byte, j) => bytes[i + j] === byte)) continue;
      const found = await wholeFrame(new Window(read, end), at + i, end, nonce);
      if (found !== undefined) return { at: at + i, ordinal: found.ordinal };
    }
  }
  return undefined;
}

async function wholeFrame(window: Window, at: number, end: number, nonce: number): Promise<Found | undefined> {
  const head = unpackHead(await window.read(at, FRAME_BYTES));
  if (head === undefined || head.nonce !== nonce) return undefined;
  if (head.length > MOST_FRAME_BYTES || at + FRAME_BYTES + head.length > end) return undefined;
  const frame = await window.read(at, FRAME_BYTES + head.length);
  const content = frame.subarray(FRAME_BYTES);
  if (content.length < head.length || frameCrc(frame, content) !== head.crc) return undefined;
  return { kind: head.kind, ordinal: head.ordinal, content };
}
