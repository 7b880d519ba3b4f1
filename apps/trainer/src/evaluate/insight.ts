/** @file What a report shows beside figures: codes, map, examples, confusion. */
import type { Dataset } from '@dqn/data';
import { type Codebook, createRandom, encode } from '@dqn/pq';
import type { Insight } from '../report/data.ts';
import { confusion, within } from './confusion.ts';
import type { Embedded } from './embed.ts';
import { imperfect, pickQueries, showExamples, thumbnailOf } from './examples.ts';
import { apart, type EmbeddingMap, LEAST_POINTS, layOut } from './map.ts';
import { nearestRows } from './nearest.ts';
import { codeUsage } from './usage.ts';

/** Points of the map. */
const POINTS = 1500;
/** Pictures on the map, their edge in pixels and in the map's units. */
const PICTURES = { most: 130, pixels: 32, units: 58 };
/** Queries at each end, and hits of each. */
const EXAMPLES = { queries: 6, hits: 8 };
/** Nearest pictures that the confusion is counted over, at most. */
const NEIGHBOURS = 20;

/** What was measured. */
export interface InsightOptions {
  readonly dataset: Dataset;
  readonly codebook: Codebook;
  readonly queries: Embedded;
  readonly database: Embedded;
  /** Average precision by AQD of each query. */
  readonly perQuery: ArrayLike<number>;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Everything that needs embeddings and pictures. */
export async function gatherInsight(o: InsightOptions): Promise<Insight> {
  const { dataset, codebook, queries, database, perQuery, seed, signal } = o;
  const { classes } = dataset;
  const { M, K } = codebook;
  const codes = encode(codebook, database.embeddings);
  // Where classes are small, more neighbours than a class has pictures would say nothing.
  const k = Math.max(1, Math.min(NEIGHBOURS, Math.floor(database.rows.length / (2 * classes.length))));
  const found = await nearestRows({
    ...{ codebook, codes, seed, signal, queries: queries.embeddings },
    k: Math.min(database.rows.length, Math.max(k, EXAMPLES.hits)),
  });
  const hits = found.map((rows) => Array.from(rows, (row) => database.rows[row]));
  const labels = Array.from(queries.rows, (row) => dataset.labels(row));
  const databaseLabels = Array.from(database.rows, (row) => dataset.labels(row));
  const shown = { queryRows: queries.rows, hits, perQuery, shown: EXAMPLES.hits };
  const pick = (which: 'best' | 'worst', from?: readonly number[]) =>
    showExamples(dataset, pickQueries(perQuery, labels, which, EXAMPLES.queries, from), shown);
  const map = await makeMap(o);
  return {
    usage: codeUsage(codes, M, K),
    confusion: confusion(
      classes,
      labels,
      within(found, labels, databaseLabels).map((rows) => rows.slice(0, k).map((row) => databaseLabels[row])),
    ),
    best: await pick('best'),
    worst: await pick('worst', imperfect(perQuery)),
    ...(map && { map }),
  };
}

/** Queries and database together, a third of the points queries where there are enough of both. */
async function makeMap(o: InsightOptions): Promise<EmbeddingMap | undefined> {
  const { dataset, queries, database, seed, signal } = o;
  const D = o.codebook.D;
  const some = (of: Embedded, most: number): { of: Embedded; at: number }[] => {
    const order = Uint32Array.from(of.rows, (_, at) => at);
    createRandom(seed).fork('points').shuffle(order);
    return Array.from(order.subarray(0, most), (at) => ({ of, at }));
  };
  const asked = some(queries, Math.max(POINTS / 3, POINTS - database.rows.length));
  const points = [...some(database, POINTS - asked.length), ...asked];
  if (points.length < LEAST_POINTS) return undefined;
  const order = Uint32Array.from(points, (_, i) => i);
  createRandom(seed).fork('order').shuffle(order);
  const mixed = Array.from(order, (i) => points[i]);
  const vectors = new Float32Array(mixed.length * D);
  for (const [i, { of, at }] of mixed.entries()) vectors.set(of.embeddings.subarray(at * D, (at + 1) * D), i * D);
  const { x, y } = await layOut(vectors, D, { seed, signal });
  const rows = mixed.map(({ of, at }) => of.rows[at]);
  const pictures: { at: number; src: string }[] = [];
  for (const at of apart(x, y, PICTURES.units, PICTURES.most)) {
    pictures.push({ at, src: await thumbnailOf(dataset, rows[at], PICTURES.pixels) });
  }
  return { x, y, labels: rows.map((row) => dataset.labels(row)[0] ?? -1), classes: dataset.classes, pictures };
}
