/** @file `dqn evaluate`: a model against a protocol: MAP, precision and recall, into the console, card and report. */
import { join } from 'node:path';
import { type Dataset, defaultProtocol, PROTOCOL_NAMES, protocol, type Split } from '@dqn/data';
import { type CodebookFile, MODEL_FILES, writeCodebook } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { encode } from '@dqn/pq';
import { createRetriever } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { updateCard } from '../card.ts';
import { type Console, count, duration } from '../console.ts';
import { dataName, openData, tellSkipped } from '../data.ts';
import { TrainerError } from '../errors.ts';
import { measureBaselines } from '../evaluate/baselines.ts';
import { embedRows, type Views } from '../evaluate/embed.ts';
import { pickExamples } from '../evaluate/examples.ts';
import { type FrozenEmbedded, FrozenModel } from '../evaluate/frozen.ts';
import { METRICS, type Measured, type Metric, POLICIES } from '../evaluate/measure.ts';
import { measureInThreads } from '../evaluate/threads.ts';
import { wholeNumber } from '../options.ts';
import { addEvaluation, type Evaluation } from '../report/data.ts';

interface EvaluateFlags extends CommonOptions {
  data?: string;
  protocol?: string;
  seed?: number;
  views: Views;
  batch: number;
  provider: string;
  record?: boolean;
  strict?: boolean;
}

/** `dqn evaluate`. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Measure how well a model finds pictures: MAP by AQD, inner product, SQD and without quantization.')
    .argument('<MODEL>', 'model folder')
    .option('--data <D>', 'data set or folder (default: what the model was trained on, if it is known by name)')
    .option('--protocol <P>', `what is asked and searched: ${PROTOCOL_NAMES.join(', ')} (default: the training's)`)
    .option(
      '--seed <S>',
      "of the split and of the shuffle that breaks ties (default: the training's)",
      wholeNumber(0, 0xffffffff),
    )
    .option('--views <V>', 'views of each picture, averaged: 1 = itself, 2 = and mirrored', wholeNumber(1, 2), 1)
    .option('--batch <N>', 'pictures a run of the network', wholeNumber(1, 1024), 64)
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    )
    .option(
      '--record',
      "write the figure into codebook.pb, too: galleries made before then don't fit the model any more",
    )
    .option('--strict', 'stop at the first unreadable picture instead of skipping it');
  return withCommonOptions(command).action((model: string, flags: EvaluateFlags) =>
    perform(flags, 'Stopping; card and report are left as they were …', (console, signal) =>
      runEvaluate(model, flags, console, signal),
    ),
  );
}

async function runEvaluate(folder: string, flags: EvaluateFlags, console: Console, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  await using retriever = await createRetriever({ model: folder, provider: flags.provider });
  const { model } = retriever;
  const { codebook } = model;
  const dataset = await openData(console, chooseData(flags, codebook), { signal });
  const split = chooseSplit(dataset, codebook, flags, console);

  // On the CPU the frozen part of a model is computed once for all models that stand on it.
  const frozen = retriever.choice.provider === 'cpu' ? await FrozenModel.open(folder, model) : undefined;
  const embed = async (what: string, rows: Uint32Array) => {
    const bar = console.progress(what);
    const o = {
      ...{ views: flags.views, batch: flags.batch, strict: flags.strict ?? false, signal },
      onProgress: (done: number, total: number) => bar.update(done, total, 'pictures'),
    };
    const embedding = frozen ? frozen.embed(dataset, rows, o) : embedRows(model, dataset, rows, o);
    const embedded = await embedding.finally(() => bar.stop());
    tellSkipped(console, embedded.skipped);
    return embedded;
  };
  const queries = await embed('Embedding the queries', split.query);
  const database = await embed('Embedding the database', split.database);
  const labelsOf = (rows: Uint32Array) => Array.from(rows, (row) => dataset.labels(row));

  const bar = console.progress('Ranking');
  const judged = {
    queryLabels: labelsOf(queries.rows),
    databaseLabels: labelsOf(database.rows),
    ...{ R: split.R, seed: split.seed, signal },
  };
  const measured = await measureInThreads({
    codebook,
    queries: queries.embeddings,
    database: database.embeddings,
    ...judged,
    onProgress: (done, total) => bar.update(done, total, 'queries'),
  }).finally(() => bar.stop());

  let baselines: Evaluation['baselines'];
  if (frozen && dataName(dataset) === codebook.training.data) {
    console.note('Measuring what the same features give without learning …');
    baselines = await measureBaselines(frozen, {
      ...{ dataset, training: codebook.training, strict: flags.strict ?? false, ...judged },
      ...{ queries: queries as FrozenEmbedded, database: database as FrozenEmbedded },
    });
  }
  await frozen?.close();

  const examples = await pickExamples(dataset, codebook, encode(codebook, database.embeddings), queries, database);
  const result = summarise(measured, {
    data: dataName(dataset),
    split,
    views: flags.views,
    codebook,
    queries: queries.rows.length,
    database: database.rows.length,
    seconds: (performance.now() - started) / 1000,
    ...(baselines && { baselines }),
  });
  const { curves, ...plain } = result;
  await addEvaluation(folder, codebook, { ...result, examples });
  await updateCard(folder, result);
  if (flags.record) await record(folder, codebook, result);
  tellResult(console, result, folder);
  console.printJson({
    ...plain,
    curves: Object.fromEntries(METRICS.map((metric) => [metric, curves[metric]])),
    skipped: queries.skipped.length + database.skipped.length,
    provider: retriever.choice.provider,
  });
  dataset.close?.();
}

function chooseData(flags: EvaluateFlags, codebook: CodebookFile): string {
  const { data } = codebook.training;
  if (flags.data !== undefined) return flags.data;
  if (data !== '' && !data.includes('#')) return data;
  throw new TrainerError(
    'WRONG_USAGE',
    `--data is missing: the model was trained on ${data.split('#')[0] || 'unnamed data'}, name its folder`,
  );
}

/** The rows to ask with and to search, and the seed that chose them. */
function chooseSplit(
  dataset: Dataset,
  codebook: CodebookFile,
  flags: EvaluateFlags,
  console: Console,
): Split & { seed: number } {
  const { training } = codebook;
  const isTrainingData = dataName(dataset) === training.data;
  const seed = flags.seed ?? (isTrainingData ? training.seed : 1);
  const name = flags.protocol ?? (isTrainingData ? training.protocol : defaultProtocol(dataset));
  const split = { ...protocol(name, dataset, seed), seed };
  if (isTrainingData && (seed !== training.seed || name !== training.protocol)) {
    const learnt = new Set(protocol(training.protocol, dataset, training.seed).train);
    const known = split.query.filter((row) => learnt.has(row)).length;
    if (known > 0) {
      console.note(
        `Note: ${count(known)} of ${count(split.query.length)} queries were trained on (protocol ${training.protocol}, seed ${training.seed}): these figures flatter the model`,
      );
    }
  }
  console.note(
    `${dataset.name}, protocol ${split.name}, seed ${seed}: ${count(split.query.length)} queries, ${count(split.database.length)} in the database`,
  );
  return split;
}

function summarise(
  measured: Record<Metric, Measured>,
  facts: {
    data: string;
    split: Split & { seed: number };
    views: Views;
    codebook: CodebookFile;
    queries: number;
    database: number;
    seconds: number;
    baselines?: Evaluation['baselines'];
  },
): Evaluation {
  const { data, split, views, codebook, queries, database, seconds, baselines } = facts;
  const { M, K } = codebook;
  const map = Object.fromEntries(METRICS.map((metric) => [metric, measured[metric].map])) as Record<Metric, number>;
  const curves = Object.fromEntries(
    METRICS.map((metric) => {
      const { precisionAt, precisionRecall } = measured[metric];
      return [metric, { precisionAt, precisionRecall }];
    }),
  ) as Evaluation['curves'];
  return {
    data,
    protocol: split.name,
    R: split.R,
    seed: split.seed,
    views,
    queries,
    database,
    policies: { ...POLICIES, ties: 'seeded shuffle' },
    results: [{ bits: M * Math.log2(K), M, K, map }],
    ...(baselines && { baselines }),
    seconds,
    curves,
  };
}

function tellResult(console: Console, result: Evaluation, folder: string): void {
  const [{ bits, M, K, map }] = result.results;
  console.print(
    `MAP over ${count(result.queries)} queries, ${count(result.database)} in the database, protocol ${result.protocol}, R = ${result.R}, seed ${result.seed}, ${result.views === 1 ? '1 view' : `${result.views} views`}, ${bits} bits (M = ${M}, K = ${K}):`,
  );
  console.print(`  AQD            ${map.aqd.toFixed(4)}`);
  console.print(`  inner product  ${map.ip.toFixed(4)}`);
  console.print(`  SQD            ${map.sqd.toFixed(4)}`);
  console.print(`  unquantized    ${map.unquantized.toFixed(4)}`);
  const { baselines } = result;
  if (baselines) {
    console.print(
      `  without learning, by AQD: PQ on the features ${baselines.raw.aqd.toFixed(4)}, on a ridge head ${baselines.ridge.aqd.toFixed(4)}`,
    );
  }
  console.print(`${duration(result.seconds)}; curves in ${join(folder, MODEL_FILES.report)}`);
}

/** Writes the AQD figure into the codebook's training facts. */
async function record(folder: string, codebook: CodebookFile, result: Evaluation): Promise<void> {
  const { R, seed, views, protocol: name } = result;
  const training = {
    ...codebook.training,
    metric: `AQD, ${name}, R ${R}, seed ${seed}, ${views} view${views === 1 ? '' : 's'}`,
    map: result.results[0].map.aqd,
  };
  await writeFileAtomic(join(folder, MODEL_FILES.codebook), writeCodebook({ ...codebook, training }));
}
