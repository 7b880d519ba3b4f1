/** @file A filter made of labels, by itself: an index knows it without making any. */

/** A set of ids that doesn't change, so that indexes keep what they make of it. */
export class LabelFilter {
  /** Ascending. */
  readonly ids: Uint32Array;

  /** Made by `Labels`. */
  constructor(ids: Uint32Array) {
    this.ids = ids;
  }
}
