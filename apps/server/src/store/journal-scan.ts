/** @file Reads a journal front to back, and finds out where what is whole ends. */
import type { StoreFile } from './files.ts';
import { readFully } from './files.ts';
import {
  FRAME_BYTES,
  FRAME_MAGIC,
  frameCrc,
  HEADER_BYTES,
  type JournalHeader,
  MOST_FRAME_BYTES,
  unpackHead,
  unpackHeader,
} from './journal-format.ts';

/** Bytes read at a time: a journal may be millions of small frames. */
const WINDOW_BYTES = 2 ** 22;

/** A frame that is whole. */
export interface Frame {
  readonly kind: number;
  /** Where its content begins in the file. */
  readonly at: number;
  /** Only until the next frame is asked for. */
  readonly content: Uint8Array;
}

/** Reads ranges that ascend, many by one call. */
class Window {
  readonly #file: StoreFile;
  readonly #end: number;
  #bytes = new Uint8Array(0);
  #at = 0;

  constructor(file: StoreFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** The bytes from `offset` on: `length`, or fewer at the end. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#at;
    if (from < 0 || from + length > this.#bytes.length) {
      const wanted = Math.max(0, Math.min(Math.max(length, WINDOW_BYTES), this.#end - offset));
      const bytes = new Uint8Array(wanted);
      this.#bytes = bytes.subarray(0, await readFully(this.#file, bytes, offset));
      this.#at = offset;
    }
    return this.#bytes.subarray(offset - this.#at, offset - this.#at + length);
  }
}

/** A journal's header; undefined where it isn't whole. */
export async function readHeader(file: StoreFile): Promise<JournalHeader | undefined> {
  const bytes = new Uint8Array(HEADER_BYTES);
  return unpackHeader(bytes.subarray(0, await readFully(file, bytes, 0)));
}

/**
 * The frames of a journal, until one isn't whole.
 *
 * @param end where to stop at the latest
 */
export async function* frames(
  file: StoreFile,
  { nonce }: JournalHeader,
  end: number,
): AsyncGenerator<Frame, { readonly end: number; readonly ordinal: number }> {
  const window = new Window(file, end);
  let at = HEADER_BYTES;
  for (let ordinal = 0; ; ordinal++) {
    const content = await wholeFrame(window, at, end, nonce, ordinal);
    if (content === undefined) return { end: at, ordinal };
    yield { ...content, at: at + FRAME_BYTES };
    at += FRAME_BYTES + content.content.length;
  }
}

async function wholeFrame(
  window: Window,
  at: number,
  end: number,
  nonce: number,
  ordinal: number | undefined,
): Promise<{ kind: number; content: Uint8Array } | undefined> {
  const head = unpackHead(await window.read(at, FRAME_BYTES));
  if (head === undefined || head.nonce !== nonce || (ordinal !== undefined && head.ordinal !== ordinal))
    return undefined;
  if (head.length > MOST_FRAME_BYTES || at + FRAME_BYTES + head.length > end) return undefined;
  const frame = await window.read(at, FRAME_BYTES + head.length);
  const content = frame.subarray(FRAME_BYTES);
  if (content.length < head.length || frameCrc(frame, content) !== head.crc) return undefined;
  return { kind: head.kind, content };
}

/** Where the first whole frame behind `from` begins; undefined where there is none. */
export async function frameBehind(
  file: StoreFile,
  { nonce }: JournalHeader,
  from: number,
  end: number,
): Promise<number | undefined> {
  const begin = Buffer.alloc(8);
  begin.writeUInt32LE(FRAME_MAGIC, 0);
  begin.writeUInt32LE(nonce, 4);
  const window = new Window(file, end);
  for (let at = from; at < end; at += WINDOW_BYTES) {
    const bytes = Buffer.from(await window.read(at, WINDOW_BYTES + begin.length - 1));
    for (let i = bytes.indexOf(begin); i >= 0; i = bytes.indexOf(begin, i + 1)) {
      const found = await wholeFrame(new Window(file, end), at + i, end, nonce, undefined);
      if (found !== undefined) return at + i;
    }
  }
  return undefined;
}
