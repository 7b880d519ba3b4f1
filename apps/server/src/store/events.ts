/** @file What a store has to say to whoever keeps the log. */

/** Something that an operator wants to know. */
export interface StoreEvent {
  /**
   * `cut`: something at the journal's end wasn't whole. `compacted`, `compaction-failed`. `refusing`: writes fail.
   * `recovered`: they don't any more.
   */
  readonly kind: 'cut' | 'compacted' | 'compaction-failed' | 'refusing' | 'recovered';
  readonly message: string;
  /** Milliseconds, of a compaction. */
  readonly ms?: number;
}

/** Told of each. */
export type OnEvent = (event: StoreEvent) => void;
