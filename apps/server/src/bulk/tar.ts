/** @file A tar archive, read as it comes. */

import { TAR_BLOCK as BLOCK, DataError, longTarName, readTarHeader, type TarHeader } from '@dqn/data';
import { ServerError } from '../errors.ts';

/** A file of an archive. */
export interface TarFile {
  /** Its path as the archive has it; it is a name, and never used as a path. */
  readonly name: string;
  readonly bytes: Buffer;
}

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
    const block = await input.take(BLOCK);
    const header = block && headerOf(block);
    if (header === undefined) break;
    const { size } = header;
    if (header.isLongName) {
      longName = longTarName(block!, await input.content(size)) ?? longName;
      continue;
    }
    const name = longName ?? header.name;
    longName = undefined;
    if (!header.isFile) {
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

function headerOf(block: Buffer): TarHeader | undefined {
  try {
    return readTarHeader(block);
  } catch (error) {
    throw error instanceof DataError ? bad(error.message) : error;
  }
}

function bad(what: string): ServerError {
  return new ServerError('BAD_REQUEST', `The body is no tar archive: ${what}.`);
}
