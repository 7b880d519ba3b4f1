/** @file SHA-256 by the browser's own, which is many times faster; where it has none, by ours. */

import { sha256Hex } from '@dqn/format';

/** Of bytes that stay as they are: each is gone over once. */
const known = new WeakMap<Uint8Array, Promise<string>>();

/** The SHA-256 of some bytes, 64 lower-case hexadecimal digits. */
export function hashOf(bytes: Uint8Array): Promise<string> {
  let hash = known.get(bytes);
  if (hash === undefined) {
    hash = digest(bytes);
    known.set(bytes, hash);
  }
  return hash;
}

async function digest(bytes: Uint8Array): Promise<string> {
  // Only pages from https or localhost have it.
  if (!globalThis.crypto?.subtle) return sha256Hex(bytes);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
