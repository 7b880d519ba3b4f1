/** @file What was measured, for the console and as JSON. */
import { type Console, count, duration } from '../console.ts';
import type { Evaluation, Together } from '../report/data.ts';
import type { ModelEvaluation } from './evaluate-model.ts';
import { METRICS, type Metric } from './measure.ts';

/** The rankings' names. */
export const METRIC_NAMES: Record<Metric, string> = {
  aqd: 'AQD',
  ip: 'inner product',
  sqd: 'SQD',
  unquantized: 'unquantized',
};

const WIDTH = Math.max(...Object.values(METRIC_NAMES).map((name) => name.length)) + 2;

/** `1 view`, `2 views`. */
export function viewsText(views: number): string {
  return views === 1 ? '1 view' : `${views} views`;
}

/** `64 of 80 queries were trained on` */
export function trainedOnText({ trainedOn = 0, queries }: Evaluation): string {
  return `${count(trainedOn)} of ${count(queries)} queries were trained on`;
}

/** One model's figures; one length as lines, several as a table. */
export function tellModel(console: Console, result: Evaluation, report: string): void {
  const [own, ...fitted] = result.results;
  const asked = `MAP over ${count(result.queries)} queries, ${count(result.database)} in the database, protocol ${result.protocol}, R = ${result.R}, seed ${result.seed}, ${viewsText(result.views)}`;
  if (fitted.length === 0) {
    console.print(`${asked}, ${own.bits} bits (M = ${own.M}, K = ${own.K}):`);
    for (const metric of METRICS) {
      console.print(`  ${METRIC_NAMES[metric].padEnd(WIDTH)}${own.map[metric].toFixed(4)}`);
    }
  } else {
    console.print(`${asked}:`);
    console.print(headLine());
    for (const row of [...result.results].sort((a, b) => a.bits - b.bits)) {
      console.print(rowLine(shapeText(row), (metric) => row.map[metric].toFixed(4)));
    }
    console.print(
      '  fitted: codebooks learnt by the evaluation from the training pictures; the others are the model’s own',
    );
  }
  const { baselines } = result;
  if (baselines) {
    console.print(
      `  without learning, by AQD at ${own.bits} bits: PQ on the features ${baselines.raw.aqd.toFixed(4)}, on a ridge head ${baselines.ridge.aqd.toFixed(4)}`,
    );
  } else if (result.noBaselines !== undefined) {
    console.print(`  no baselines: ${result.noBaselines}`);
  }
  console.print(`${duration(result.seconds)}; curves in ${report}`);
}

/** Means and deviations over several models. */
export function tellTogether(console: Console, { models, results }: Together, done: readonly ModelEvaluation[]): void {
  const [{ evaluation }] = done;
  console.print('');
  console.print(
    `Mean MAP ± deviation over ${models} models, protocol ${evaluation.protocol}, R = ${evaluation.R}, ${viewsText(evaluation.views)}:`,
  );
  console.print(headLine());
  for (const row of results) {
    const cell = (metric: Metric): string =>
      row.map[metric].toFixed(4) + (row.deviation ? ` ± ${row.deviation[metric].toFixed(4)}` : '');
    console.print(
      `${rowLine(shapeText(row), cell)}  ${row.seeds.length === 1 ? 'seed' : 'seeds'} ${row.seeds.join(', ')}`,
    );
  }
  const isTwice = results.some(({ seeds }) => new Set(seeds).size < seeds.length);
  if (isTwice)
    console.print('  (models of the same seed are in one mean: is it one recipe that was learnt with several seeds?)');
}

const CELL = 18;

function headLine(): string {
  return rowLine('bits', (metric) => METRIC_NAMES[metric]);
}

function rowLine(first: string, cell: (metric: Metric) => string): string {
  return `  ${first.padEnd(24)}${METRICS.map((metric) => cell(metric).padEnd(CELL)).join('')}`.trimEnd();
}

function shapeText(row: { bits: number; M: number; K: number; fitted?: true }): string {
  return `${row.bits} (${row.M} × ${row.K})${row.fitted ? ', fitted' : ''}`;
}

/**
 * The command's JSON: of one model its figures; of several the common facts, the means as `results`, and each model's
 * figures as `models`. `seed` is null where the models have different ones.
 */
export function jsonOf(done: readonly ModelEvaluation[], common: Together | undefined): object {
  const all = done.map(({ evaluation: { command: _, ...plain }, skipped, provider }) => ({
    ...plain,
    skipped,
    provider,
  }));
  const [first] = all;
  if (done.length === 1) return first;
  const { data, protocol, R, views, policies } = first;
  const same = <T>(values: readonly T[]): T | null => (new Set(values).size === 1 ? values[0] : null);
  return {
    ...(common && { data, protocol, R }),
    seed: same(all.map(({ seed }) => seed)),
    seeds: all.map(({ seed }) => seed),
    views,
    queries: same(all.map(({ queries }) => queries)),
    database: same(all.map(({ database }) => database)),
    ...(common && { policies, results: common.results }),
    models: all.map((one, i) => ({ model: done[i].folder, ...one })),
  };
}
