/** @file One model against one protocol: everything that report, card and console say of it. */
import type { Dataset, Split } from '@dqn/data';
import { protocol } from '@dqn/data';
import type { CodebookFile } from '@dqn/format';
import type { Model } from '@dqn/runtime';
import { createRetriever } from '@dqn/server';
import type { Console } from '../console.ts';
import { dataName, tellSkipped } from '../data.ts';
import type { Evaluation, Insight, LengthResult } from '../report/data.ts';
import { measureBaselines } from './baselines.ts';
import { average, type Embedded, type EmbeddedViews, embedViews, type Views } from './embed.ts';
import { fitCodebook, fittingViews, shapesFor } from './fitted.ts';
import { FrozenModel } from './frozen.ts';
import { gatherInsight } from './insight.ts';
import { METRICS, type Measured, type Metric, POLICIES } from './measure.ts';
import { measureInThreads } from './threads.ts';

/** Rows that the model was trained on. */
export type Learnt = ReadonlySet<number>;

/** How a model is measured. */
export interface EvaluateOptions {
  readonly folder: string;
  readonly provider: string;
  readonly views: Views;
  /** Code lengths; the model's own is measured always. */
  readonly bits: readonly number[];
  /** Pictures a run of the network. */
  readonly batch: number;
  readonly strict: boolean;
  readonly signal: AbortSignal;
  readonly console: Console;
  /** Data and rows, once the codebook says what the model was trained on. */
  readonly open: (
    codebook: CodebookFile,
  ) => Promise<{ dataset: Dataset; split: Split & { seed: number }; learnt: Learnt }>;
}

/** A model's figures and pictures. */
export interface ModelEvaluation {
  readonly folder: string;
  readonly codebook: CodebookFile;
  readonly evaluation: Evaluation;
  readonly insight: Insight;
  readonly skipped: number;
  readonly provider: string;
}

type Judged = Parameters<typeof measureInThreads>[0];

/**
 * Measures a model.
 *
 * @throws TrainerError WRONG_USAGE for bits that its dimensions can't be cut for
 */
export async function evaluateModel(o: EvaluateOptions): Promise<ModelEvaluation> {
  const { folder, views, console, signal, strict } = o;
  const started = performance.now();
  await using retriever = await createRetriever({ model: folder, provider: o.provider });
  const { model } = retriever;
  const { codebook } = model;
  const { provider } = retriever.choice;
  const own = codebook.M * Math.log2(codebook.K);
  const shapes = shapesFor(
    [...new Set(o.bits)].filter((bits) => bits !== own).sort((a, b) => a - b),
    codebook.D,
  );
  const { dataset, split, learnt } = await o.open(codebook);

  // On the CPU the frozen part of a model is computed once for all models that stand on it.
  const frozen = provider === 'cpu' ? await FrozenModel.open(folder, model) : undefined;
  try {
    const embed = embedder(o, model, dataset, frozen);
    const queries = await embed('Embedding the queries', split.query, views);
    const database = await embed('Embedding the database', split.database, views);
    tellSkipped(console, [...queries.skipped, ...database.skipped]);
    const labelsOf = (rows: Uint32Array) => Array.from(rows, (row) => dataset.labels(row));
    const judged = {
      ...{ queryLabels: labelsOf(queries.rows), databaseLabels: labelsOf(database.rows) },
      ...{ R: split.R, seed: split.seed, signal },
    };
    const vectors = { queries: queries.embeddings, database: database.embeddings };
    const measured = await rank(console, 'Ranking', { codebook, ...vectors, ...judged });

    const results: LengthResult[] = [{ bits: own, M: codebook.M, K: codebook.K, map: mapsOf(measured) }];
    if (shapes.length > 0) {
      const training = await trainingEmbeddings(o, codebook, dataset, frozen !== undefined, embed);
      for (const shape of shapes) {
        const { bits, M, K } = shape;
        console.note(`Fitting codebooks of ${bits} bits (M = ${M}, K = ${K}) to the training pictures …`);
        const { turn, ...fitted } = fitCodebook(shape, training, { D: codebook.D, seed: split.seed, signal });
        const maps = await rank(console, `Ranking by ${bits} bits`, {
          codebook: fitted.codebook,
          ...{ queries: turn(vectors.queries), database: turn(vectors.database) },
          ...judged,
          // A rotation changes no distance between the embeddings themselves.
          metrics: ['aqd', 'ip', 'sqd'],
        });
        results.push({ bits, M, K, fitted: true, map: mapsOf({ ...maps, unquantized: measured.unquantized }) });
      }
    }

    const noBaselines = whyNoBaselines(provider, frozen, dataset, codebook);
    let baselines: Evaluation['baselines'];
    if (frozen && noBaselines === undefined) {
      console.note('Measuring what the same features give without learning …');
      baselines = await measureBaselines(frozen, {
        ...{ dataset, training: codebook.training, strict, ...judged },
        ...{
          queries: { ...queries, features: queries.features! },
          database: { ...database, features: database.features! },
        },
      });
    }
    console.note('Drawing the map of the embedding …');
    const insight = await gatherInsight({
      ...{ dataset, codebook, queries, database, seed: split.seed, signal },
      perQuery: measured.aqd.perQuery,
    });
    const trainedOn = queries.rows.filter((row) => learnt.has(row)).length;
    const evaluation: Evaluation = {
      ...{ data: dataName(dataset), protocol: split.name, R: split.R, seed: split.seed, views },
      ...{ queries: queries.rows.length, ...(trainedOn > 0 && { trainedOn }), database: database.rows.length },
      policies: { ...POLICIES, ties: 'seeded shuffle' },
      results,
      ...(baselines && { baselines }),
      ...(noBaselines !== undefined && { noBaselines }),
      seconds: (performance.now() - started) / 1000,
      curves: curvesOf(measured),
    };
    const skipped = queries.skipped.length + database.skipped.length;
    return { ...{ folder, codebook, evaluation, insight, skipped, provider } };
  } finally {
    await frozen?.close();
  }
}

type Embed = (
  what: string,
  rows: Uint32Array,
  views: Views,
) => Promise<Embedded & { views: EmbeddedViews; features?: Float32Array }>;

/** Rows to their views' embeddings and the mean of these, with a bar. */
function embedder(o: EvaluateOptions, model: Model, dataset: Dataset, frozen: FrozenModel | undefined): Embed {
  return async (what, rows, views) => {
    const bar = o.console.progress(what);
    const options = {
      ...{ views, batch: o.batch, strict: o.strict, signal: o.signal },
      onProgress: (done: number, total: number) => bar.update(done, total, 'pictures'),
    };
    const made = await (frozen
      ? frozen.embedViews(dataset, rows, options)
      : embedViews(model, dataset, rows, options)
    ).finally(() => bar.stop());
    const embeddings = average(made.values, made.views, model.dimensions);
    return { ...made, embeddings, views: made };
  };
}

/** Embeddings of the pictures that the model was trained on, every view for itself, [n, D]. */
async function trainingEmbeddings(
  o: EvaluateOptions,
  { training }: CodebookFile,
  dataset: Dataset,
  takesCrops: boolean,
  embed: Embed,
): Promise<Float32Array> {
  const isItsData = dataName(dataset) === training.data;
  if (!isItsData)
    o.console.note(
      `Note: ${dataset.name} is not what the model was trained on: codebooks of other lengths are fitted to its training part`,
    );
  const { train } = protocol(isItsData ? training.protocol : undefined, dataset, training.seed);
  const { views } = await embed('Embedding the training pictures', train, fittingViews(train.length, takesCrops));
  return views.values;
}

async function rank<T extends Metric>(
  console: Console,
  what: string,
  options: Omit<Judged, 'metrics'> & { metrics?: readonly T[] },
): Promise<Record<T, Measured>> {
  const bar = console.progress(what);
  return measureInThreads<T>({
    ...options,
    onProgress: (done, total) => bar.update(done, total, 'queries'),
  }).finally(() => bar.stop());
}

/** Baselines are what a backbone's features give; undefined where they can be measured. */
function whyNoBaselines(
  provider: string,
  frozen: FrozenModel | undefined,
  dataset: Dataset,
  { training }: CodebookFile,
): string | undefined {
  if (provider !== 'cpu') return `the network ran on ${provider}, and features are taken from it on the CPU`;
  if (!frozen) return 'the model has no frozen backbone with pooled features: its features themselves were learnt';
  if (dataName(dataset) !== training.data) return 'they are fitted to the training pictures, and this is other data';
  return undefined;
}

function mapsOf(measured: Record<Metric, Measured>): Record<Metric, number> {
  return Object.fromEntries(METRICS.map((metric) => [metric, measured[metric].map])) as Record<Metric, number>;
}

function curvesOf(measured: Record<Metric, Measured>): Evaluation['curves'] {
  const short = (value: number): number => Number(value.toFixed(5));
  return Object.fromEntries(
    METRICS.map((metric) => {
      const { precisionAt, precisionRecall } = measured[metric];
      return [
        metric,
        {
          precisionAt: precisionAt.map(({ n, precision, recall }) => ({
            ...{ n, precision: short(precision), recall: short(recall) },
          })),
          precisionRecall: precisionRecall.map(({ recall, precision }) => ({ recall, precision: short(precision) })),
        },
      ];
    }),
  ) as Evaluation['curves'];
}
