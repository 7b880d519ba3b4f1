/** @file Whether an index is opened with the codewords that its codes were made with. */
import type { Codebook } from '../codebook.ts';
import { PqError } from '../errors.ts';
import type { IndexImage } from '../search/structure.ts';
import type { CodebookLike } from './generation.ts';

/** The name among an image's facts. */
const FACT = 'codewordsHash';

/** The image, saying with which codewords its codes were made; as it is where there are none. */
export function withCodewords(image: IndexImage, codebook: CodebookLike): IndexImage {
  if (!('codewords' in codebook)) return image;
  return { ...image, facts: { ...image.facts, [FACT]: hashOf(codebook) } };
}

/**
 * Older images, and those of an index without codewords, don't say it: these pass.
 *
 * @throws PqError `BAD_FILE`
 */
export function checkSameCodewords({ M, K, facts }: IndexImage, codebook: CodebookLike): void {
  const expected = facts?.[FACT];
  // Of another shape more can be said than this.
  if (typeof expected !== 'number' || !('codewords' in codebook) || M !== codebook.M || K !== codebook.K) return;
  const hash = hashOf(codebook);
  if (hash === expected) return;
  throw new PqError(
    'BAD_FILE',
    `The index holds codes of another codebook: the hash of its codewords is ${hex(expected)}, that of those given is ` +
      `${hex(hash)}. Open it with the codebook that it was made with, or build it again.`,
  );
}

const hex = (hash: number) => hash.toString(16).padStart(8, '0');

/** MurmurHash3 (32 bits) of the dimensions and of the codewords' bits. */
function hashOf({ D, codewords }: Codebook): number {
  const words = new Uint32Array(codewords.buffer, codewords.byteOffset, codewords.length);
  let hash = D;
  for (let i = 0; i < words.length; i++) {
    const mixed = Math.imul(words[i], 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  hash ^= 4 * words.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
