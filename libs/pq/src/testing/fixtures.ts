/** @file The files of fixtures/, which scripts/fixtures.py made, and how tests damage them. */
import { readdirSync, readFileSync } from 'node:fs';
import { PqError } from '../errors.ts';

const FOLDER = new URL('../../fixtures/', import.meta.url);

/** The names of those that match. */
export function fixtures(pattern: RegExp): string[] {
  return readdirSync(FOLDER).filter((name) => pattern.test(name));
}

/** One file, at an odd address and in a class with ways of its own, as Node's files come. */
export function fixture(name: string): Uint8Array {
  const file = readFileSync(new URL(name, FOLDER));
  const odd = Buffer.alloc(file.length + 1);
  odd.set(file, 1);
  return odd.subarray(1);
}

/** The same file with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

/** What a reader gives, or undefined where it refuses by `BAD_FILE` naming the byte; all else is thrown on. */
export function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PqError && error.code === 'BAD_FILE' && /byte \d+ .*; expected /s.test(error.message)) return;
    throw error;
  }
}
