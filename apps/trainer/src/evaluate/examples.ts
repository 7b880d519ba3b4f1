/** @file The best and the worst queries with their hits as pictures, for people who read the report. */
import { type Dataset, encodeThumbnail, sharesLabel, THUMBNAIL_TYPE } from '@dqn/data';
import type { Example, ShownPicture } from '../report/data.ts';

/** Longest side of a picture in pixels. */
const EDGE = 56;

/** A row of a data set as a data URI. */
export async function thumbnailOf(dataset: Dataset, row: number, edge: number): Promise<string> {
  const webp = await encodeThumbnail(await dataset.read(row), edge);
  return `data:${THUMBNAIL_TYPE};base64,${Buffer.from(webp).toString('base64')}`;
}

/** Queries whose average precision, to three decimals, is below 1. */
export function imperfect(perQuery: ArrayLike<number>): number[] {
  return Array.from(perQuery, (_, query) => query).filter((query) => perQuery[query] < 0.9995);
}

/**
 * Queries by the order of their average precision, each class once before any comes again.
 *
 * @param perQuery average precision of each query
 * @param from the queries to choose from; default: all
 * @returns indices of queries
 */
export function pickQueries(
  perQuery: ArrayLike<number>,
  labels: readonly (readonly number[])[],
  which: 'best' | 'worst',
  count: number,
  from: readonly number[] = Array.from(labels, (_, query) => query),
): number[] {
  const sign = which === 'best' ? -1 : 1;
  const order = [...from].sort((a, b) => sign * (perQuery[a] - perQuery[b]) || a - b);
  const seen = new Set<number>();
  const first: number[] = [];
  const again: number[] = [];
  for (const query of order) {
    const [label = -1] = labels[query];
    (seen.has(label) ? again : first).push(query);
    seen.add(label);
  }
  return [...first, ...again]
    .slice(0, Math.min(count, order.length))
    .sort((a, b) => sign * (perQuery[a] - perQuery[b]));
}

/** Queries with their nearest rows as pictures. */
export async function showExamples(
  dataset: Dataset,
  chosen: readonly number[],
  o: { queryRows: Uint32Array; hits: readonly ArrayLike<number>[]; perQuery: ArrayLike<number>; shown: number },
): Promise<Example[]> {
  const show = async (row: number, isRight: boolean): Promise<ShownPicture> => ({
    src: await thumbnailOf(dataset, row, EDGE),
    name: `${dataset.id(row)}: ${dataset
      .labels(row)
      .map((label) => dataset.classes[label])
      .join(', ')}`,
    isRight,
  });
  const examples: Example[] = [];
  for (const query of chosen) {
    const row = o.queryRows[query];
    const own = dataset.labels(row);
    const hits: ShownPicture[] = [];
    for (const hit of Array.from(o.hits[query]).slice(0, o.shown)) {
      hits.push(await show(hit, sharesLabel(own, dataset.labels(hit))));
    }
    examples.push({ query: await show(row, true), hits, averagePrecision: o.perQuery[query] });
  }
  return examples;
}
