/** @file SHA-256, synchronous and the same everywhere: the browser's own is asynchronous and wants a secure origin. */
import { sha256 as hash } from '@noble/hashes/sha2.js';
import { FormatError } from './errors.ts';

/** The SHA-256 of some bytes, as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

/** The SHA-256 of several pieces, one behind the other, as 32 bytes. */
export function sha256(...pieces: Uint8Array[]): Uint8Array {
  const state = hash.create();
  for (const piece of pieces) state.update(piece);
  return state.digest();
}

/** A SHA-256 to be fed piece by piece. */
export function createSha256(): { update(bytes: Uint8Array): unknown; digest(): Uint8Array } {
  return hash.create();
}

/** 32 bytes as 64 lower-case hexadecimal digits. */
export function toHex(digest: Uint8Array): string {
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @throws FormatError `BAD_INPUT` unless `hex` is 64 hexadecimal digits. */
export function fromHex(hex: string, what: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new FormatError(
      'BAD_INPUT',
      `${what} is '${hex}'; expected a SHA-256 as 64 lower-case hexadecimal digits (sha256Hex gives it).`,
    );
  }
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Whether two byte strings are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
