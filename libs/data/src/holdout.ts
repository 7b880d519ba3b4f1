/** @file The split for data of one's own: a fifth to ask with, groups kept whole, every class on both sides. */
import { countClasses, type Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import { byCodeUnit } from './files.ts';
import { seededRandom, shuffle } from './random.ts';

const QUERY_SHARE = 0.2;

/**
 * Splits by group, stratified by each group's rarest class, seeded. A stratum of two groups or more gives at least
 * one to either side; a class with one group is trained on only. The database is the training pictures: what is
 * asked with has neither been learnt from nor can it be found.
 *
 * @throws {DataError} SPLIT_IMPOSSIBLE where nothing is left to ask with
 */
export function holdout(
  dataset: Dataset,
  seed: number,
): { train: Uint32Array; query: Uint32Array; database: Uint32Array } {
  const isQuery = new Uint8Array(dataset.length);
  const random = seededRandom(seed);
  for (const groups of strata(dataset)) {
    shuffle(groups, random);
    const pictures = groups.reduce((sum, rows) => sum + rows.length, 0);
    const target = pictures * QUERY_SHARE;
    let taken = 0;
    // The last group always stays with the training pictures.
    for (const [i, rows] of groups.slice(0, -1).entries()) {
      if (i > 0 && taken + rows.length / 2 > target) continue;
      for (const row of rows) isQuery[row] = 1;
      taken += rows.length;
    }
  }
  const rows = [...Array(dataset.length).keys()];
  const query = Uint32Array.from(rows.filter((row) => isQuery[row]));
  if (query.length === 0) {
    throw new DataError(
      'SPLIT_IMPOSSIBLE',
      `no class of ${dataset.name} has two pictures: nothing is left to ask with; add pictures`,
    );
  }
  const train = Uint32Array.from(rows.filter((row) => !isQuery[row]));
  return { train, query, database: train };
}

/** Groups of rows, gathered by their rarest class, classes in order, groups in order of their names. */
function strata(dataset: Dataset): number[][][] {
  const counts = countClasses(dataset);
  const groups = new Map<string, number[]>();
  for (let row = 0; row < dataset.length; row++) {
    const name = dataset.group(row);
    const rows = groups.get(name);
    if (rows) rows.push(row);
    else groups.set(name, [row]);
  }
  const byClass = new Map<number, [string, number[]][]>();
  for (const [name, rows] of groups) {
    const labels = rows.flatMap((row) => dataset.labels(row));
    if (labels.length === 0) continue;
    const rarest = labels.reduce((best, label) =>
      counts[label] < counts[best] || (counts[label] === counts[best] && label < best) ? label : best,
    );
    const list = byClass.get(rarest);
    if (list) list.push([name, rows]);
    else byClass.set(rarest, [[name, rows]]);
  }
  return [...byClass.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, list]) => list.sort(([a], [b]) => byCodeUnit(a, b)).map(([, rows]) => rows));
}
