/** @file What was changed while a new base was being made, brought to it. */
import type { Generation } from './generation.ts';

/**
 * Makes some items in the next generation what they are in the old one.
 *
 * @param ids that were added, overwritten or removed since the next one's base was made
 * @throws PqError `OUT_OF_MEMORY`
 */
export function carryOver(old: Generation, next: Generation, ids: Uint32Array): void {
  const { M } = old.structure;
  // What was changed and is there is in the tail.
  const there = ids.filter((id) => old.tail.has(id));
  const codes = new Uint8Array(there.length * M);
  for (let i = 0; i < there.length; i++) old.tail.codeOf(there[i], codes, i * M);
  next.remove(ids);
  next.put(there, codes);
}
