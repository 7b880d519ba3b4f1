/**
 * @file One file of the feature cache: blocks of (key, features) pairs, appended, each with checksums.
 *
 * ```
 * file header, 64 bytes   magic "DQNFEAT\x01", u32 numbers a row, 32 bytes sha256 of the trunk, zeros
 * block, repeated         u32 magic, u32 rows n, u32 crc of keys, u32 crc of features   (little-endian)
 *                         n × 32 bytes of keys, n × numbers a row × 4 bytes float32
 * ```
 *
 * A process that is killed leaves at most a last block that is not whole: it is not seen, and the next writer takes it
 * off. A block that was altered on disk is dropped when its features are read.
 */

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('DQNFEAT\x01', 'latin1');
const HEADER_BYTES = 64;
const BLOCK_MAGIC = 0x4b4c4246;
const BLOCK_HEADER_BYTES = 16;

/** Bytes of a key. */
export const KEY_BYTES = 32;

/** Where a block of features lies. */
export interface Block {
  readonly rows: number;
  /** Hex, [rows]. */
  readonly keys: readonly string[];
  /** Of its features, in the file. */
  readonly position: number;
  readonly crc: number;
}

/** What identifies the trunk, and the numbers a row. */
export interface SegmentKind {
  /** Hex. */
  readonly trunkSha256: string;
  readonly width: number;
}

function fileHeader({ trunkSha256, width }: SegmentKind): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(width, 8);
  Buffer.from(trunkSha256, 'hex').copy(header, 12);
  return header;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(buffer, at, length - at, position + at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return buffer;
}

/** The whole blocks of a file, and where they end. No blocks where the file is another trunk's. */
export async function readBlocks(file: FileHandle, kind: SegmentKind): Promise<{ blocks: Block[]; end: number }> {
  const { size } = await file.stat();
  const header = await readAt(file, 0, HEADER_BYTES);
  const blocks: Block[] = [];
  if (!header?.equals(fileHeader(kind))) return { blocks, end: 0 };
  let end = HEADER_BYTES;
  while (end + BLOCK_HEADER_BYTES <= size) {
    const head = await readAt(file, end, BLOCK_HEADER_BYTES);
    if (head?.readUInt32LE(0) !== BLOCK_MAGIC) break;
    const rows = head.readUInt32LE(4);
    const position = end + BLOCK_HEADER_BYTES + rows * KEY_BYTES;
    const next = position + rows * kind.width * 4;
    if (next > size) break;
    const bytes = await readAt(file, end + BLOCK_HEADER_BYTES, rows * KEY_BYTES);
    if (!bytes || crc32(bytes) !== head.readUInt32LE(8)) break;
    const text = bytes.toString('hex');
    const keys = Array.from({ length: rows }, (_, i) => text.slice(i * KEY_BYTES * 2, (i + 1) * KEY_BYTES * 2));
    blocks.push({ rows, keys, position, crc: head.readUInt32LE(12) });
    end = next;
  }
  return { blocks, end };
}

/** The features of a block, [rows, width]; undefined where they were altered. */
export async function readBlock(file: FileHandle, block: Block, width: number): Promise<Float32Array | undefined> {
  const bytes = await readAt(file, block.position, block.rows * width * 4);
  if (!bytes || crc32(bytes) !== block.crc) return undefined;
  // A Buffer may begin anywhere in its memory; floats may not.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Appends to a file of the cache that this process owns. */
export class SegmentWriter {
  readonly #file: FileHandle;
  #end: number;

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Goes on behind the last whole block; what else is there is taken off. */
  static async open(file: FileHandle, kind: SegmentKind): Promise<SegmentWriter> {
    let { end } = await readBlocks(file, kind);
    await file.truncate(end);
    if (end === 0) {
      await file.write(fileHeader(kind), 0, HEADER_BYTES, 0);
      end = HEADER_BYTES;
    }
    return new SegmentWriter(file, end);
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#end;
  }

  /** One block. Where it can't be written (a full disk), what was there before stays as it is. */
  async append(keys: readonly string[], features: Float32Array): Promise<void> {
    const names = Buffer.from(keys.join(''), 'hex');
    const values = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
    const head = Buffer.alloc(BLOCK_HEADER_BYTES);
    head.writeUInt32LE(BLOCK_MAGIC, 0);
    head.writeUInt32LE(keys.length, 4);
    head.writeUInt32LE(crc32(names), 8);
    head.writeUInt32LE(crc32(values), 12);
    const block = Buffer.concat([head, names, values]);
    try {
      for (let at = 0; at < block.length; ) {
        const { bytesWritten } = await this.#file.write(block, at, block.length - at, this.#end + at);
        at += bytesWritten;
      }
    } catch (error) {
      await this.#file.truncate(this.#end).catch(() => {});
      throw error;
    }
    this.#end += block.length;
  }
}
