/** @file Breaks in long work on the caller's thread. */

declare function setTimeout(run: () => void, milliseconds: number): unknown;

/** Lets others have their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
