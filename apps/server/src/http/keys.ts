/**
 * @file API keys: made here, kept as hashes, compared in constant time.
 *
 * A key is `dqn_` and 256 random bits, so a single SHA-256 keeps it: there is nothing to guess that a slow hash would slow
 * down. Only what has this form is ever compared, so that nobody's password becomes a key.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerError } from '../errors.ts';

/** What a key allows: `write` is `read` and more. */
export type Role = 'read' | 'write';

/** A key as the key file keeps it. */
export interface KeyEntry {
  /** For the log and the metrics; the key itself never gets there. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the key, hex. */
  readonly sha256: string;
}

const KEY = /^dqn_[A-Za-z0-9_-]{43}$/;

/** A new key, and what to write into the key file; the key can't be found out from that. */
export function createKey(name: string, role: Role): { key: string; entry: KeyEntry } {
  const key = `dqn_${randomBytes(32).toString('base64url')}`;
  return { key, entry: { name, role, sha256: hashOf(key).toString('hex') } };
}

/**
 * Reads a key file: `{"keys": [{"name", "role", "sha256"}]}`.
 *
 * @throws ServerError `BAD_KEYS`
 */
export async function readKeys(path: string): Promise<KeyEntry[]> {
  const wrong = (what: string, cause?: unknown): ServerError =>
    new ServerError('BAD_KEYS', `${path} is no key file: ${what}; \`dqn key\` makes one.`, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw wrong('it holds no JSON', cause);
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw wrong("it isn't there", cause);
    const who = code === 'EACCES' ? '; the user that the server runs as has to own it, or be let to read it' : '';
    throw new ServerError('BAD_KEYS', `${path} can't be read: ${code}${who}.`, { cause });
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw wrong('it holds no list "keys"');
  const names = new Set<string>();
  return keys.map((entry: Partial<KeyEntry> | null, i) => {
    const { name, role, sha256 } = entry ?? {};
    if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
      throw wrong(`keys[${i}].name has to be 1 to 64 letters, digits, ".", "_" or "-"`);
    }
    if (names.has(name)) throw wrong(`the name ${JSON.stringify(name)} is there twice`);
    names.add(name);
    if (role !== 'read' && role !== 'write') throw wrong(`keys[${i}].role has to be "read" or "write"`);
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw wrong(`keys[${i}].sha256 has to be 64 hexadecimal digits`);
    }
    return { name, role, sha256 };
  });
}

/** Whose key it is; undefined for one that isn't known. */
export function keyFinder(entries: readonly KeyEntry[]): (key: string) => KeyEntry | undefined {
  const hashes = entries.map((entry) => Buffer.from(entry.sha256, 'hex'));
  return (key) => {
    if (!KEY.test(key)) return undefined;
    const hash = hashOf(key);
    let found: KeyEntry | undefined;
    // All of them, so that the time doesn't tell which one it was.
    for (const [i, known] of hashes.entries()) if (timingSafeEqual(known, hash)) found = entries[i];
    return found;
  };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
