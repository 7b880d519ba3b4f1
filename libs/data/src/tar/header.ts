/**
 * @file Headers of a tar archive: ustar, with GNU's and pax's long names.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */
import { DataError } from '../errors.ts';

/** Bytes of a header; contents are padded to a multiple of it. */
export const TAR_BLOCK = 512;

/** Names and pax records that are longer than this are no names. */
const LONGEST_HEADER = 65_536;

/** A member of an archive. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Whether it is a regular file; else a folder, link or device. */
  readonly isFile: boolean;
  /** Whether its content is the name of the next member; see {@link longTarName}. */
  readonly isLongName: boolean;
}

/**
 * Reads a header; undefined for the block of zeros that ends an archive.
 *
 * @param block 512 bytes
 * @throws {DataError} TAR_INVALID, with what is wrong as its message
 */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  checkSum(block);
  const size = sizeOf(block);
  const type = String.fromCharCode(block[156]);
  const isLongName = 'Lxg'.includes(type);
  if (isLongName && size > LONGEST_HEADER) throw new DataError('TAR_INVALID', `a header of ${size} bytes`);
  return { name: nameOf(block), size, isFile: type === '0' || type === '\0' || type === '7', isLongName };
}

/**
 * The name that the content of such a member gives to the next one; undefined where it says something else.
 *
 * @param block its header
 */
export function longTarName(block: Buffer, content: Buffer): string | undefined {
  const text = content.toString('utf8');
  const type = String.fromCharCode(block[156]);
  if (type === 'L') return text.replace(/\0.*$/s, '');
  // Records are `LENGTH NAME=VALUE\n`, the length in bytes and that of the record.
  return type === 'x' ? /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] : undefined;
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
  throw new DataError('TAR_INVALID', 'a file has no size');
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : header[i];
  if (sum !== Number.parseInt(text(header, 148, 8).trim(), 8)) {
    throw new DataError('TAR_INVALID', 'a header has a wrong checksum');
  }
}
