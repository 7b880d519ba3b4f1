/** @file What the pictures and the table of docs/how-it-works.md are made of. */

/** Its cells, 64 × 64, are large enough on paper to be seen. */
export const SMALL = { name: 'hard', M: 4, K: 64, D: 16, N: 100_000 };
export const LARGE = { name: 'hard', M: 8, K: 256, D: 32, N: 200_000 };

/** The rows of the table. */
export const ROWS = [
  { name: 'clustered', M: 4, N: 200_000 },
  { name: 'hard', M: 4, N: 20_000 },
  { name: 'hard', M: 4, N: 200_000 },
  { name: 'clustered', M: 8, N: 200_000 },
  { name: 'hard', M: 8, N: 20_000 },
  { name: 'hard', M: 8, N: 200_000 },
].map((set) => ({ ...set, K: 256, D: 32 }));
