/** @file Reads sections and ranges of them, and checks what it reads. */
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { sameBytes, sha256, toHex } from '../sha256.ts';
import { type ByteSource, readRange, readRangeInto } from '../source.ts';
import { aligned } from './layout.ts';
import { planReads } from './plan.ts';
import type { BlockCheck, Stored, WholeCheck } from './state.ts';

/** Ranges asked for at the same time: what a browser opens connections for. */
const READS_AT_ONCE = 6;
/** Bytes of one read of a long section: from a file, and from where a read is a request. */
const FILE_CHUNK = 2 ** 20;
const REQUEST_CHUNK = 2 ** 23;
/** Blocks of tables that are kept. */
const MOST_KEPT = 256;

/** A piece of a section. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The sections of one source. */
export class SectionReader {
  readonly source: ByteSource;
  readonly verify: boolean;
  /** Blocks by their offset in the file, in the order of their use. */
  readonly #kept = new Map<number, Promise<Uint8Array>>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  constructor(source: ByteSource, verify: boolean) {
    this.source = source;
    this.verify = verify;
  }

  /**
   * A whole section. It may share memory with the source.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`
   */
  async whole(stored: Stored, signal?: AbortSignal): Promise<Uint8Array> {
    const { check, length, name } = stored;
    if (isWhole(check)) return this.#wholeSha256(stored, check, signal);
    if (this.source.readInto !== undefined) {
      const target = new Uint8Array(length);
      await this.into(stored, target, { signal });
      return target;
    }
    const bytes = await this.#read(stored, { offset: 0, length }, signal);
    if (this.verify && check !== undefined) checkBlocks(name, check, 0, bytes);
    return bytes;
  }

  /**
   * A whole section into memory that is there, which threads may share. After an error anything may be in it.
   *
   * @param o.onBytes called with bytes read since the last call
   * @throws FormatError `TRUNCATED`, `DAMAGED`
   */
  async into(
    stored: Stored,
    target: Uint8Array,
    { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined } = {},
  ): Promise<void> {
    const { name, offset, length, check } = stored;
    if (isWhole(check)) {
      target.set(await this.#wholeSha256(stored, check, signal));
      onBytes?.(length);
      return;
    }
    const least = this.source.readInto === undefined ? REQUEST_CHUNK : FILE_CHUNK;
    const chunk = Math.max(least, check?.blockBytes ?? 0);
    let failure: { error: unknown } | undefined;
    const readChunk = async (i: number) => {
      if (failure !== undefined) return;
      try {
        const part = target.subarray(i * chunk, Math.min((i + 1) * chunk, length));
        await readRangeInto(this.source, offset + i * chunk, part, `Section ${name}`, signal);
        if (this.verify && check !== undefined) checkBlocks(name, check, i * chunk, part);
        onBytes?.(part.length);
      } catch (error) {
        failure ??= { error };
      }
    };
    // All of them, also after a failure: nothing writes into the target any more once this is over.
    await Promise.all(Array.from({ length: Math.ceil(length / chunk) }, (_, i) => this.inTurn(() => readChunk(i))));
    if (failure !== undefined) throw (failure as { error: unknown }).error;
  }

  /**
   * Some ranges of a section, in their order; what stands close together is read by one request. They may share memory.
   *
   * @param o.keep whether the blocks read are remembered: for tables, of which neighbours will be wanted
   * @throws FormatError `TRUNCATED`, `DAMAGED`
   */
  async ranges(
    stored: Stored,
    wanted: readonly Range[],
    { keep = false, signal }: { keep?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<Uint8Array[]> {
    signal?.throwIfAborted();
    const { offset, length, check } = stored;
    if (isWhole(check)) {
      const bytes = await this.#remember(offset, () => this.#wholeSha256(stored, check));
      return wanted.map((range) => bytes.subarray(range.offset, range.offset + range.length));
    }
    const size = check?.blockBytes ?? length;
    const numbers = [...new Set(wanted.flatMap((range) => blocksOf(range, size)))];
    const missing = numbers.filter((block) => !this.#kept.has(offset + block * size));
    const places = missing.map((block) => ({ offset: block * size, length: Math.min(size, length - block * size) }));
    const blocks = new Map<number, Promise<Uint8Array>>();
    for (const block of numbers) {
      const kept = this.#kept.get(offset + block * size);
      if (kept !== undefined) blocks.set(block, kept);
    }
    for (const read of planReads(places)) {
      // Nobody's signal stops what others may be waiting for.
      const bytes = this.#checked(stored, read, keep ? undefined : signal);
      for (const member of read.members) {
        const { offset: from, length: bytesOfBlock } = places[member];
        const piece = () => bytes.then((all) => all.subarray(from - read.offset, from - read.offset + bytesOfBlock));
        // A copy: a block that is kept shouldn't keep its neighbours.
        const own = () => piece().then((block) => block.slice());
        blocks.set(from / size, keep ? this.#remember(offset + from, own) : piece());
      }
    }
    const read = new Map(await Promise.all([...blocks].map(async ([block, bytes]) => [block, await bytes] as const)));
    return wanted.map((range) => cut(read, size, range));
  }

  /**
   * Goes through a section, or a range of it, in pieces and in order.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`
   */
  async *pieces(
    stored: Stored,
    { offset: from, length }: Range = { offset: 0, length: stored.length },
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const { check } = stored;
    const end = from + length;
    if (isWhole(check)) {
      yield (await this.#wholeSha256(stored, check, signal)).subarray(from, end);
      return;
    }
    const block = check?.blockBytes ?? 1;
    const chunk = Math.max(REQUEST_CHUNK, block);
    for (let at = Math.floor(from / block) * block; at < end; at += chunk) {
      // To the end of the last block that is wanted.
      const bytes = Math.min(chunk, Math.ceil(end / block) * block - at, stored.length - at);
      const piece = await this.#checked(stored, { offset: at, length: bytes }, signal);
      yield piece.subarray(Math.max(0, from - at), end - at);
    }
  }

  /** A range that begins at a block and ends at one. */
  async #checked(stored: Stored, range: Range, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.#read(stored, range, signal);
    const { name, check } = stored;
    if (this.verify && check !== undefined && !isWhole(check)) checkBlocks(name, check, range.offset, bytes);
    return bytes;
  }

  #read({ name, offset }: Stored, range: Range, signal?: AbortSignal): Promise<Uint8Array> {
    return this.inTurn(() => readRange(this.source, offset + range.offset, range.length, `Section ${name}`, signal));
  }

  /** A section of version 1 with its padding, checked. */
  async #wholeSha256({ name, offset, length }: Stored, check: WholeCheck, signal?: AbortSignal) {
    const bytes = await this.inTurn(() => readRange(this.source, offset, aligned(length), `Section ${name}`, signal));
    if (this.verify) {
      const found = sha256(bytes);
      if (!sameBytes(found, check.sha256)) {
        throw damaged(name, `SHA-256 ${toHex(check.sha256)}, but has ${toHex(found)}`);
      }
    }
    return bytes.subarray(0, length);
  }

  /** What is read once for all who ask meanwhile. After a failure it is read again. */
  #remember(place: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    let bytes = this.#kept.get(place);
    if (bytes === undefined) {
      bytes = read();
      bytes.catch(() => this.#kept.delete(place));
    }
    this.#kept.delete(place);
    this.#kept.set(place, bytes);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return bytes;
  }

  /** Does a piece of work when fewer than `READS_AT_ONCE` others are under way. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#reading >= READS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#reading++;
    try {
      return await work();
    } finally {
      this.#reading--;
      this.#waiting.shift()?.();
    }
  }
}

function isWhole(check: Stored['check']): check is WholeCheck {
  return check !== undefined && 'sha256' in check;
}

/** The blocks in which a range lies. */
function blocksOf({ offset, length }: Range, size: number): number[] {
  if (length === 0) return [];
  const first = Math.floor(offset / size);
  return Array.from({ length: Math.floor((offset + length - 1) / size) - first + 1 }, (_, i) => first + i);
}

/** A range out of its blocks: a view where it lies in one. */
function cut(blocks: ReadonlyMap<number, Uint8Array>, size: number, range: Range): Uint8Array {
  const numbers = blocksOf(range, size);
  if (numbers.length === 0) return new Uint8Array(0);
  const from = range.offset - numbers[0] * size;
  if (numbers.length === 1) return blocks.get(numbers[0])!.subarray(from, from + range.length);
  const bytes = new Uint8Array(range.length);
  for (const number of numbers) {
    const block = blocks.get(number)!;
    const at = number * size - range.offset;
    const part = block.subarray(Math.max(0, -at), Math.min(block.length, range.length - at));
    bytes.set(part, Math.max(0, at));
  }
  return bytes;
}

/** @throws FormatError `DAMAGED` unless the blocks from byte `from` on have their checksums. */
function checkBlocks(name: string, { blockBytes, checksums }: BlockCheck, from: number, bytes: Uint8Array): void {
  let block = from / blockBytes;
  for (let at = 0; at < bytes.length; at += blockBytes, block++) {
    const found = crc32(bytes.subarray(at, at + blockBytes));
    if (found === checksums[block]) continue;
    const place = `at byte ${block * blockBytes}`;
    throw damaged(name, `CRC-32 ${checksums[block].toString(16)} ${place}, but has ${found.toString(16)}`);
  }
}

function damaged(name: string, what: string): FormatError {
  return new FormatError(
    'DAMAGED',
    `Section ${name} of the gallery should have ${what}: the file is damaged. Copy or index it again.`,
  );
}
