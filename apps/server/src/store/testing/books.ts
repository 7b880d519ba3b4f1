/** @file Codebooks, codes and items for tests of stores. */
import { type CodebookFile, sha256Hex, writeCodebook } from '@dqn/format';
import { createRandom } from '@dqn/pq';
import type { StoredItem } from '../store.ts';

/** A codebook and its hash. */
export interface Book {
  readonly codebook: CodebookFile;
  readonly codebookSha256: string;
}

/** A codebook of random codewords; M = 4, K = 16, D = 8 unless told. */
export function madeUpBook(o: { seed?: number; M?: number; K?: number; D?: number } = {}): Book {
  const { seed = 1, M = 4, K = 16, D = 8 } = o;
  const random = createRandom(seed);
  const codebook: CodebookFile = {
    ...{ schemaVersion: 1, M, K, D, distance: 'aqd' },
    codewords: Float32Array.from({ length: K * D }, () => random.normal()),
    modelSha256: '1'.repeat(64),
    preprocessSha256: '2'.repeat(64),
    classes: ['cat', 'dog'],
    training: {
      ...{ data: 'made-up', protocol: 'none', recipe: 'none', seed, engine: 'none', epochs: 0, trainImages: 0 },
      ...{ metric: 'none', map: null },
    },
  };
  return { codebook, codebookSha256: sha256Hex(writeCodebook(codebook)) };
}

/** A random code of a codebook. */
export function codeOf({ codebook: { M, K } }: Book, seed: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: M }, () => random.integer(K));
}

/** A random query. */
export function queryOf({ codebook: { D } }: Book, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: D }, () => random.normal());
}

/** An item that its number tells all of: with labels, metadata and a thumbnail, or without. */
export function itemOf(book: Book, n: number, id: StoredItem['id'] = `item ${n}`): StoredItem {
  return {
    id,
    code: codeOf(book, n),
    ...(n % 3 > 0 && { labels: [['cat', 'dog', 'čaj ☕'][n % 3]] }),
    ...(n % 4 > 0 && { metadata: { n, even: n % 2 === 0, name: `n${n % 5}`, tags: [n % 2, `t${n % 3}`] } }),
    ...(n % 5 > 0 && { thumbnail: Uint8Array.of(n, n + 1, n + 2) }),
  };
}
