/** @file How often all items are read again for what is only about right: others write, too. */

/** Milliseconds, and times what a reading takes. */
const EVERY_MS = 10_000;
const SHARE = 20;

/** That a reading of all items may take. */
export const READ_ALL_MS = 300_000;

/** When to read again after what began then and ends now. */
export function againAt(began: number): number {
  const now = performance.now();
  return now + Math.max(EVERY_MS, SHARE * (now - began));
}
