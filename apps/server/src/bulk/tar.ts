/**
 * @file A tar archive, read as it comes: ustar, with GNU's and pax's long names.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */

import { ServerError } from '../errors.ts';

/** A file of an archive. */
export interface TarFile {
  /** Its path as the archive has it; it is a name, and never used as a path. */
  readonly name: string;
  readonly bytes: Buffer;
}

const BLOCK = 512;
/** Names and pax records that are longer than this are no names. */
const LONGEST_HEADER = 65_536;

/**
 * The regular files of an archive, in order; folders, links and devices are passed over.
 *
 * @param limit bytes of a file at most
 * @throws ServerError `BAD_REQUEST` for bytes that are no archive or end too early, `TOO_LARGE`
 */
export async function* readTar(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<TarFile> {
  const input = new Blocks(source);
  let longName: string | undefined;
  for (;;) {
    const header = await input.take(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = sizeOf(header);
    const type = String.fromCharCode(header[156]);
    if ('Lxg'.includes(type)) {
      if (size > LONGEST_HEADER) throw bad(`a header of ${size} bytes`);
      const text = (await input.content(size)).toString('utf8');
      if (type === 'L') longName = text.replace(/\0.*$/s, '');
      else if (type === 'x') longName = paxPath(text) ?? longName;
      continue;
    }
    const name = longName ?? nameOf(header);
    longName = undefined;
    if (type !== '0' && type !== '\0' && type !== '7') {
      await input.skip(size);
      continue;
    }
    if (size > limit) throw new ServerError('TOO_LARGE', `${name} has ${size} bytes; a file may have ${limit}.`);
    yield { name, bytes: await input.content(size) };
  }
  await input.drain();
}

/** The bytes of a stream in pieces of the size that is asked for. */
class Blocks {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next `size` bytes; undefined at the end. */
  async take(size: number): Promise<Buffer | undefined> {
    await this.#fill(size);
    if (this.#bytes === 0 && size > 0) return undefined;
    if (this.#bytes < size) throw bad('it ends in the middle of a file');
    const all = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held);
    this.#held = all.length > size ? [all.subarray(size)] : [];
    this.#bytes -= size;
    return all.subarray(0, size);
  }

  /** A file's bytes, and past what pads them; a copy of its own, so that it holds nothing else. */
  async content(size: number): Promise<Buffer> {
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    const bytes = size === 0 ? Buffer.alloc(0) : await this.take(padded);
    if (bytes === undefined) throw bad('it ends in the middle of a file');
    return Buffer.from(bytes.subarray(0, size));
  }

  async skip(size: number): Promise<void> {
    for (let left = Math.ceil(size / BLOCK) * BLOCK; left > 0; ) {
      const piece = Math.min(left, 64 * BLOCK);
      if ((await this.take(piece)) === undefined) throw bad('it ends in the middle of a file');
      left -= piece;
    }
  }

  /** Reads to the end of the stream: what follows an archive's end is padding. */
  async drain(): Promise<void> {
    this.#held = [];
    while (!(await this.#chunks.next()).done);
  }

  async #fill(size: number): Promise<void> {
    while (this.#bytes < size) {
      const { done, value } = await this.#chunks.next();
      if (done) return;
      this.#held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#bytes += value.length;
    }
  }
}

function nameOf(header: Buffer): string {
  const name = text(header, 0, 100);
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  // GNU's old headers keep times where ustar keeps the prefix.
  const prefix = isUstar && header[263] === 0x30 ? text(header, 345, 155) : '';
  return prefix ? `${prefix}/${name}` : name;
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** Octal, or of GNU's binary kind where the first bit is set. */
function sizeOf(header: Buffer): number {
  if (header[124] & 0x80) {
    const size = Number(header.readBigUInt64BE(128));
    if (Number.isSafeInteger(size)) return size;
  } else {
    const digits = text(header, 124, 12).trim();
    if (/^[0-7]*$/.test(digits)) return Number.parseInt(digits || '0', 8);
  }
  throw bad('a file has no size');
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : header[i];
  if (sum !== Number.parseInt(text(header, 148, 8).trim(), 8)) throw bad('a header has a wrong checksum');
}

/** Records are `LENGTH NAME=VALUE\n`, the length in bytes and that of the record. */
function paxPath(records: string): string | undefined {
  const match = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records);
  return match?.[1];
}

function bad(what: string): ServerError {
  return new ServerError('BAD_REQUEST', `The body is no tar archive: ${what}.`);
}
