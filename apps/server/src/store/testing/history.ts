/** @file Whether what was read at the same time as others wrote can be right. */

/** A value of an item was written; undefined: it was removed. Times are counted, not measured. */
export interface Write {
  readonly id: string;
  readonly value: number | undefined;
  readonly start: number;
  readonly end: number;
}

/** A value was read; undefined: there was no such item. */
export type Read = Write;

/**
 * A read may give what was written last before it began, or anything that was written while it, or that write, went on.
 *
 * @throws Error naming the first read that can't be right
 */
export function checkHistory(writes: readonly Write[], reads: readonly Read[]): void {
  const byId = grouped(writes);
  for (const read of reads) {
    const all: Write[] = [{ id: read.id, value: undefined, start: -2, end: -1 }, ...(byId.get(read.id) ?? [])];
    const isRight = all.some(
      (write) =>
        write.value === read.value &&
        write.start < read.end &&
        !all.some((later) => write.end < later.start && later.end < read.start),
    );
    if (!isRight) throw new Error(`${read.id} was read as ${read.value} at ${read.start}–${read.end}, which can't be.`);
  }
}

function grouped(writes: readonly Write[]): Map<string, Write[]> {
  const groups = new Map<string, Write[]>();
  for (const write of writes) groups.set(write.id, [...(groups.get(write.id) ?? []), write]);
  return groups;
}
