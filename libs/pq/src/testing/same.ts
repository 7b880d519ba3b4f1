/** @file Comparing many numbers: what a test runner's own equality takes long for. */

type Numbers = ArrayLike<number> | undefined;

/** Whether all arrays of two records are equal, number by number. */
export function sameArrays<T extends object>(a: T, b: T): boolean {
  return Object.keys(b).every((key) => same((a as Record<string, Numbers>)[key], (b as Record<string, Numbers>)[key]));
}

function same(a: Numbers, b: Numbers): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return a === b;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
