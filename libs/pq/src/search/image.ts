/** @file An image, looked at before it is put into a memory. */
import { isArray } from '../codebook.ts';
import { PqError } from '../errors.ts';
import { shown } from '../given.ts';
import type { IndexImage } from './structure.ts';

/** What an image has to be of. */
export interface Shape {
  readonly M: number;
  readonly K: number;
}

/** @throws PqError `BAD_FILE` unless it is of this version and of the codebook's shape */
export function checkImage(image: IndexImage, codebook: Shape): void {
  const { M, K, count } = image;
  const { kind, version } = image;
  check(version === 1, `version ${shown(version)} of '${shown(kind)}'; expected 1. A newer program wrote it`);
  checkKinds(image);
  check(
    M === codebook.M && K === codebook.K,
    `codes of M = ${M}, K = ${K}; the codebook has M = ${codebook.M}, K = ${codebook.K}`,
  );
  check(Number.isInteger(count) && count >= 0 && count < 2 ** 32, `${count} items`);
}

/** The bytes of a part. @throws PqError `BAD_FILE` unless there are so many */
export function part(image: IndexImage, name: string, length: number): Uint8Array {
  const bytes = image.parts.find((other) => other.name === name)?.bytes;
  check(bytes?.length === length, `${bytes?.length ?? 'no'} bytes of ${name}; expected ${length}`);
  return bytes!;
}

/** @throws PqError `BAD_FILE` for a byte that is no codeword */
export function checkBytes(codes: Uint8Array, K: number): void {
  const bad = codes.findIndex((byte) => byte >= K);
  check(bad < 0, `the code ${codes[bad]} at byte ${bad}; expected 0 to ${K - 1}`);
}

/** @throws PqError `BAD_FILE` for an id given twice, or one that none may have */
export function checkIds(ids: Uint32Array<ArrayBufferLike>, largest: number): void {
  check(largest < 0xffff_ffff, `the id ${largest}; expected at most 2^32 − 2`);
  const seen = new Uint32Array((largest >>> 5) + 1);
  for (let i = 0; i < ids.length; i++) {
    const word = ids[i] >>> 5;
    const bit = 1 << (ids[i] & 31);
    if (seen[word] & bit) check(false, `the id ${ids[i]} twice`);
    seen[word] |= bit;
  }
}

/** @throws PqError `BAD_FILE` */
export function check(good: boolean, found: string): asserts good {
  if (!good)
    throw new PqError('BAD_FILE', `The index holds ${found}. It is damaged, or of another program: build it again.`);
}

/** Of facts that are no numbers, and parts that are no bytes, nothing below need know. */
function checkKinds({ kind, M, K, count, facts, parts }: IndexImage): void {
  check(typeof kind === 'string', `a kind that is ${shown(kind)}`);
  check(Array.isArray(parts) && typeof facts === 'object' && facts !== null, 'no parts, or no facts');
  for (const [name, value] of Object.entries({ ...facts, M, K, count })) {
    check(typeof value === 'number', `${name} = ${shown(value)}; expected a number`);
  }
  for (const part of parts) check(isArray(part?.bytes, Uint8Array), `a part of ${shown(part?.bytes)}; expected bytes`);
}
