/** @file Writing into a gallery that may be slow, full, or away for a while: with patience, and whole. */
import { setTimeout as pause } from 'node:timers/promises';
import type { StoredItem } from '@dqn/server';
import { isItemsFault, isPassing, type Sink } from './store.ts';

/** Milliseconds between two tries: from the first to the longest. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;

/** How to write. */
export interface WriteOptions {
  /** Ends the waiting between two tries; a write that was begun is waited for. */
  readonly stopping: AbortSignal;
  /** Hears what the gallery says, once each time that it begins to refuse, and `undefined` when it takes writes again. */
  readonly onTrouble: (error: Error | undefined) => void;
}

/** Items that the gallery doesn't take, and why. */
export interface RefusedItem {
  readonly item: StoredItem;
  readonly error: Error;
}

/**
 * Writes items; comes back when all of them are durable but those that are refused for what they are.
 *
 * @throws the signal's reason while the gallery refuses; what the gallery throws for good, such as READ_ONLY
 */
export async function write(sink: Sink, items: readonly StoredItem[], options: WriteOptions): Promise<RefusedItem[]> {
  if (items.length === 0) return [];
  try {
    await patiently(sink, items, options);
    return [];
  } catch (error) {
    if (!isItemsFault(error)) throw error;
    if (items.length === 1) return [{ item: items[0], error: error as Error }];
    // Halves of halves find who it is.
    const half = items.length >> 1;
    const first = await write(sink, items.slice(0, half), options);
    return [...first, ...(await write(sink, items.slice(half), options))];
  }
}

async function patiently(
  sink: Sink,
  items: readonly StoredItem[],
  { stopping, onTrouble }: WriteOptions,
): Promise<void> {
  let wait = FIRST_WAIT;
  let isInTrouble = false;
  for (;;) {
    try {
      await sink.put(items);
      if (isInTrouble) onTrouble(undefined);
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (!isInTrouble) onTrouble(error as Error);
      isInTrouble = true;
      // Workers that were refused together needn't come back together.
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal: stopping });
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
}
