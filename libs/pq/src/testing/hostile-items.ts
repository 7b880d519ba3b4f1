/** @file Items and tables that break careless searches, for fast-check: in Node and in a page. */
import fc from 'fast-check';
import type { Codebook } from '../codebook.ts';
import { createRandom } from '../random.ts';
import type { StructureKind } from '../search/structure.ts';
import { extremeNumber, extremeNumbers } from './hostile.ts';

/** How to make items, a table, and a question. */
export interface Hostile {
  readonly M: number;
  readonly K: number;
  readonly seed: number;
  readonly k: number;
  readonly structure: StructureKind;
  readonly distinct: boolean;
  /** Numbers for the table: a list for each subspace in turn. */
  readonly lists: readonly ArrayLike<number>[];
  /** Numbers for the codewords, whose order the structure follows; undefined: M and K alone. */
  readonly codewords: ArrayLike<number> | undefined;
}

/** Numbers of any size anywhere; or each subspace with a scale and a mean of its own. */
export const hostile: fc.Arbitrary<Hostile> = fc.record({
  M: fc.constantFrom(1, 2, 3, 4, 5, 8, 16),
  K: fc.constantFrom(2, 16, 32, 64, 256),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  k: fc.integer({ min: 1, max: 60 }),
  structure: fc.constantFrom('flat', 'coarse cells'),
  distinct: fc.boolean(),
  lists: fc.oneof(
    fc.array(extremeNumber, { minLength: 1, maxLength: 40 }).map((list) => [list]),
    fc.array(extremeNumbers(12), { minLength: 1, maxLength: 4 }),
  ),
  codewords: fc.option(extremeNumbers(20), { nil: undefined }),
});

/** Items, their table, and the codebook that they are said to be of. */
export interface HostileItems {
  readonly codebook: Codebook | { readonly M: number; readonly K: number };
  /** [N, M], 60 and more, many of which repeat. */
  readonly codes: Uint8Array;
  readonly table: Float32Array;
}

export function itemsOf({ M, K, seed, lists, codewords }: Hostile): HostileItems {
  const draw = createRandom(seed);
  const n = 60 + draw.integer(300);
  const codes = Uint8Array.from({ length: n * M }, () => draw.integer(draw.integer(3) === 0 ? 2 : K));
  const table = Float32Array.from({ length: M * K }, (_, i) => {
    const list = lists[Math.floor(i / K) % lists.length];
    return list[draw.integer(list.length)];
  });
  if (codewords === undefined) return { codebook: { M, K }, codes, table };
  const d = 1 + draw.integer(2);
  const numbers = Float32Array.from({ length: M * K * d }, () => codewords[draw.integer(codewords.length)]);
  return { codebook: { M, K, D: M * d, codewords: numbers }, codes, table };
}

/** A radius at a distance, and one just below it. */
export function around(distance: number): [number, number] {
  return [distance, distance - Math.max(Math.abs(distance) * 2 ** -52, Number.MIN_VALUE)];
}
