/** @file Which classes are taken for which: the labels of the nearest pictures, by the labels of the query. */

/** The classes among the nearest pictures. */
export interface Confusion {
  /** Nearest pictures that are looked at. */
  readonly k: number;
  readonly classes: readonly string[];
  /** Queries that have each class. */
  readonly queries: readonly number[];
  /** [class of the query][class of the hit]: the share of the hits that have the class; NaN-free: 0 without queries. */
  readonly shares: readonly (readonly number[])[];
  /** Whether a picture may have several classes: then the shares of a row may add up to more than 1. */
  readonly isMultiLabel: boolean;
}

/**
 * The nearest hits of each query, as many as have a class in common with it at most: what comes after the last picture that
 * is right can't be right.
 *
 * @param hits for each query its nearest rows
 */
export function within<Row extends ArrayLike<number>>(
  hits: readonly Row[],
  queryLabels: readonly (readonly number[])[],
  databaseLabels: readonly (readonly number[])[],
): number[][] {
  const relevant = new Map<string, number>();
  const relevantTo = (labels: readonly number[]): number => {
    const key = labels.join();
    const known = relevant.get(key);
    if (known !== undefined) return known;
    const found = databaseLabels.filter((row) => row.some((label) => labels.includes(label))).length;
    relevant.set(key, found);
    return found;
  };
  return hits.map((rows, query) => Array.from(rows).slice(0, relevantTo(queryLabels[query])));
}

/**
 * @param hits for each query the labels of its nearest pictures, nearest first
 */
export function confusion(
  classes: readonly string[],
  queryLabels: readonly (readonly number[])[],
  hits: readonly (readonly (readonly number[])[])[],
): Confusion {
  const C = classes.length;
  const queries = new Array<number>(C).fill(0);
  const looked = new Array<number>(C).fill(0);
  const counts = Array.from({ length: C }, () => new Array<number>(C).fill(0));
  let isMultiLabel = false;
  for (const [query, labels] of queryLabels.entries()) {
    isMultiLabel ||= labels.length > 1;
    for (const own of labels) {
      queries[own]++;
      looked[own] += hits[query].length;
      for (const hit of hits[query]) for (const label of hit) counts[own][label]++;
    }
    for (const hit of hits[query]) isMultiLabel ||= hit.length > 1;
  }
  return {
    k: Math.max(0, ...hits.map((list) => list.length)),
    classes,
    queries,
    shares: counts.map((row, own) => row.map((count) => (looked[own] === 0 ? 0 : count / looked[own]))),
    isMultiLabel,
  };
}

/** The classes most often taken for one another, the worst first. */
export function mostConfused(c: Confusion, count: number): { from: string; to: string; share: number }[] {
  return c.shares
    .flatMap((row, own) =>
      row.map((share, other) => ({ from: c.classes[own], to: c.classes[other], share, own, other })),
    )
    .filter(({ own, other, share }) => own !== other && share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, count)
    .map(({ from, to, share }) => ({ from, to, share }));
}
