/** @file `dqn evaluate`: models against a protocol: MAP, precision and recall, into the console, card and report. */
import { join } from 'node:path';
import { type Dataset, defaultProtocol, PROTOCOL_NAMES, protocol, type Split } from '@dqn/data';
import { type CodebookFile, MODEL_FILES, writeCodebook } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { updateCard } from '../card.ts';
import { type Console, count, countOf } from '../console.ts';
import { dataName, openData } from '../data.ts';
import { TrainerError } from '../errors.ts';
import type { Views } from '../evaluate/embed.ts';
import { evaluateModel, type Learnt, type ModelEvaluation } from '../evaluate/evaluate-model.ts';
import { jsonOf, tellModel, tellTogether, trainedOnText } from '../evaluate/tell.ts';
import { together } from '../evaluate/together.ts';
import { wholeNumber } from '../options.ts';
import { addEvaluation, type Evaluation, type Together } from '../report/data.ts';
import { shellWord } from '../report/run-facts.ts';

interface EvaluateFlags extends CommonOptions {
  data?: string;
  protocol?: string;
  seed?: number;
  bits?: number[];
  views: Views;
  batch: number;
  provider: string;
  record?: boolean;
  strict?: boolean;
}

/** `dqn evaluate`. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Measure how well models find pictures: MAP by AQD, inner product, SQD and without quantization.')
    .argument('<MODEL...>', 'model folders; of several (seeds, code lengths) the mean is told, too')
    .option('--data <D>', 'data set or folder (default: what the model was trained on, if it is known by name)')
    .option('--protocol <P>', `what is asked and searched: ${PROTOCOL_NAMES.join(', ')} (default: the training's)`)
    .option(
      '--seed <S>',
      "of the split and of the shuffle that breaks ties (default: the training's)",
      wholeNumber(0, 0xffffffff),
    )
    .option(
      '--bits <B,…>',
      "code lengths beside the model's own: codebooks are fitted to the training pictures (12 = 2 × 64 codewords)",
      listOfBits,
    )
    .option(
      '--views <V>',
      'views of each picture, averaged: 1 = itself, 2 = and mirrored, more = and random crops',
      wholeNumber(1, 32),
      1,
    )
    .option('--batch <N>', 'pictures a run of the network', wholeNumber(1, 1024), 64)
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    )
    .option(
      '--record',
      "write the figure into codebook.pb, too: galleries made before then don't fit the model any more",
    )
    .option('--strict', 'stop at the first unreadable picture instead of skipping it');
  return withCommonOptions(command).action((models: string[], flags: EvaluateFlags) =>
    perform(flags, 'Stopping; card and report are left as they were …', (console, signal) =>
      runEvaluate(models, flags, console, signal),
    ),
  );
}

function listOfBits(text: string): number[] {
  const bits = text.split(',').map(wholeNumber(1, 256));
  if (new Set(bits).size < bits.length) throw new InvalidArgumentError('a length is named twice.');
  return bits;
}

async function runEvaluate(
  folders: readonly string[],
  flags: EvaluateFlags,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const opened = new Map<string, Dataset>();
  const done: ModelEvaluation[] = [];
  for (const folder of folders) {
    if (folders.length > 1) console.note(`${folder}:`);
    const open = async (codebook: CodebookFile) => {
      const data = chooseData(flags, codebook);
      const dataset = opened.get(data) ?? (await openData(console, data, { signal }));
      opened.set(data, dataset);
      return { dataset, ...chooseSplit(dataset, codebook, flags, console) };
    };
    const one = await evaluateModel({
      ...{ folder, open, console, signal, provider: flags.provider, views: flags.views, batch: flags.batch },
      ...{ bits: flags.bits ?? [], strict: flags.strict ?? false },
    });
    const evaluation = { ...one.evaluation, command: commandLine(flags, folders.length, one.evaluation) };
    if (flags.record) await record(folder, one.codebook, evaluation);
    await updateCard(folder, await addEvaluation(folder, one.codebook, evaluation, one.insight));
    tellModel(console, evaluation, join(folder, MODEL_FILES.report));
    done.push({ ...one, evaluation });
  }
  for (const dataset of opened.values()) dataset.close?.();
  const common = done.length > 1 ? await tellCommon(console, done) : undefined;
  console.printJson(jsonOf(done, common));
}

/** Means over several models, into their reports and cards, too; undefined where they were asked different things. */
async function tellCommon(console: Console, done: readonly ModelEvaluation[]): Promise<Together | undefined> {
  const asked = new Set(
    done.map(({ evaluation: { data, protocol: name, R, views } }) => [data, name, R, views].join()),
  );
  if (asked.size > 1) {
    console.note('Note: the models were asked different things (data, protocol): their figures have no common mean');
    return undefined;
  }
  const results = together(done.map(({ evaluation }) => evaluation));
  const common: Together = { models: done.length, results };
  tellTogether(console, common, done);
  for (const { folder, codebook, evaluation, insight } of done) {
    await updateCard(folder, await addEvaluation(folder, codebook, { ...evaluation, together: common }, insight));
  }
  return common;
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

/** The rows to ask with and to search, the seed that chose them, and the rows that were trained on. */
function chooseSplit(
  dataset: Dataset,
  codebook: CodebookFile,
  flags: EvaluateFlags,
  console: Console,
): { split: Split & { seed: number }; learnt: Learnt } {
  const { training } = codebook;
  const isTrainingData = dataName(dataset) === training.data;
  const seed = flags.seed ?? (isTrainingData ? training.seed : 1);
  const name = flags.protocol ?? (isTrainingData ? training.protocol : defaultProtocol(dataset));
  const split = { ...protocol(name, dataset, seed), seed };
  const others = dataset.classes.filter((one) => !codebook.classes.includes(one)).length;
  if (!isTrainingData && others > 0) {
    console.note(
      `Note: the model was learnt on other data (${training.data.split('#')[0]}): of the ${countOf(dataset.classes.length, 'class', 'classes')} here it has not learnt ${count(others)}`,
    );
  }
  const isOtherSplit = isTrainingData && (seed !== training.seed || name !== training.protocol);
  const learnt = new Set(isOtherSplit ? protocol(training.protocol, dataset, training.seed).train : []);
  const known = split.query.filter((row) => learnt.has(row)).length;
  if (known > 0) {
    console.note(
      `Note: ${count(known)} of ${count(split.query.length)} queries were trained on (protocol ${training.protocol}, seed ${training.seed}): these figures flatter the model`,
    );
  }
  console.note(
    `${dataset.name}, protocol ${split.name}, seed ${seed}: ${count(split.query.length)} queries, ${count(split.database.length)} in the database`,
  );
  return { split, learnt };
}

/** The command that gives these figures again; folders are left out, which are nobody else's. */
function commandLine(flags: EvaluateFlags, models: number, { data, protocol: name, seed }: Evaluation): string {
  const words = ['npx dqn evaluate', models > 1 ? 'MODEL …' : 'MODEL'];
  words.push(`--data ${data.includes('#') ? 'FOLDER' : shellWord(data)}`, `--protocol ${name}`);
  // Of several models each has its own.
  if (models === 1 || flags.seed !== undefined) words.push(`--seed ${seed}`);
  if (flags.bits) words.push(`--bits ${flags.bits.join(',')}`);
  if (flags.views !== 1) words.push(`--views ${flags.views}`);
  return words.join(' ');
}

/** Writes the AQD figure into the codebook's training facts. */
async function record(folder: string, codebook: CodebookFile, result: Evaluation): Promise<void> {
  const { R, seed, views, protocol: name } = result;
  const training = {
    ...codebook.training,
    metric: `AQD, ${name}, R ${R}, seed ${seed}, ${views} view${views === 1 ? '' : 's'}${result.trainedOn ? `, ${trainedOnText(result)}` : ''}`,
    map: result.results[0].map.aqd,
  };
  await writeFileAtomic(join(folder, MODEL_FILES.codebook), writeCodebook({ ...codebook, training }));
}
