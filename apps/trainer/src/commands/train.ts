/** @file `dqn train`: pictures and labels to a run. */
import { PROTOCOL_NAMES, protocol } from '@dqn/data';
import { writeModel } from '@dqn/onnx';
import { codebookShape } from '@dqn/pq';
import {
  checkTrainingLabels,
  type HeadSpec,
  type Recipe,
  type RunRecord,
  readRun,
  recipeFor,
  type TrainProgress,
  train,
  VARIANT_NAMES,
  type ViewPlan,
  variantOf,
} from '@dqn/train';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { BACKBONE_NAMES } from '../backbone/catalogue.ts';
import { type Console, count, countOf, duration, type Progress } from '../console.ts';
import { dataName, openData, tellSkipped } from '../data.ts';
import { TrainerError } from '../errors.ts';
import { defined, powerOfTwo, wholeNumber } from '../options.ts';
import { type Asked, checkBeforehand, checkSameData, fewPictures } from '../training/beforehand.ts';
import { type FineTuning, freshInputs } from '../training/fine-tuning.ts';
import { featureInputs, type Inputs, pixelInputs, type Reading } from '../training/inputs.ts';
import { chooseProvider, PROVIDER_CHOICES, type ProviderChoice } from '../training/provider.ts';
import { openStart, type Start } from '../training/start.ts';

interface TrainFlags extends CommonOptions {
  data?: string;
  out: string;
  protocol?: string;
  backbone?: string;
  cut?: string;
  features?: string;
  pixels?: string;
  size?: number;
  recipe?: 'paper' | 'fast' | 'best';
  variant?: string;
  bits?: number;
  codewords?: number;
  epochs?: number;
  seed?: number;
  engine: 'auto' | 'tensorflow' | 'onnxruntime';
  provider?: ProviderChoice;
  workers?: number;
  checkpoint?: number;
  from?: string;
  resume?: boolean;
  strict?: boolean;
}

/** The defaults of what a resumed run takes from its own record. */
const DEFAULTS = { recipe: 'fast', bits: 32, codewords: 256, seed: 1 } as const;

/** `dqn train`. */
export function trainCommand(): Command {
  const command = new Command('train')
    .description('Learn a network and its codebooks from labelled pictures.')
    .option('--data <D>', 'cifar10, miml2000, emoji, or a folder (with --resume: as the run was begun)')
    .requiredOption('--out <RUN>', 'folder of the run: log, checkpoint, network')
    .option('--protocol <P>', `which pictures to learn from: ${PROTOCOL_NAMES.join(', ')}`)
    .option('--backbone <F.onnx>', 'learn behind this pretrained network: a file, or one known by name')
    .option('--cut <TENSOR>', 'what lies before this tensor of the backbone stays as it is (default: all of it)')
    .option('--features <TENSOR>', 'what the head stands on (default: the features before the last layer)')
    .option(
      '--pixels <C>',
      "what the backbone takes: torch = less ImageNet's mean, tf = -1 to 1, caffe = BGR (default: what is known of it)",
    )
    .option(
      '--size <PX>',
      'edge of the pictures in pixels (default: 32 for CIFAR-10, 64 for others, 160 for a backbone)',
      wholeNumber(8, 1024),
    )
    .addOption(new Option('--recipe <NAME>', 'how to learn (default: "fast")').choices(['paper', 'fast', 'best']))
    .addOption(
      new Option('--variant <V>', 'the recipe with one device changed, for comparison').choices([...VARIANT_NAMES]),
    )
    .option('--bits <B>', 'bits of a code (default: 32)', wholeNumber(1, 256))
    .option('--codewords <K>', 'codewords a subspace, a power of two (default: 256)', powerOfTwo(2, 256))
    .option('--epochs <N>', "instead of the recipe's number", wholeNumber(1, 100_000))
    .option('--seed <S>', 'of split, weights, batches and codebooks (default: 1)', wholeNumber(0, 0xffffffff))
    .addOption(
      new Option('--engine <E>', 'what runs the network')
        .choices(['auto', 'tensorflow', 'onnxruntime'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--provider <P>',
        'where the engine onnxruntime computes (default: auto, CUDA or else the CPU)',
      ).choices(PROVIDER_CHOICES),
    )
    .option('--workers <W>', 'threads that share a batch (default: as many as pay)', wholeNumber(1, 64))
    .option('--checkpoint <S>', 'seconds between two checkpoints (default: 30; 0: every step)', wholeNumber(0, 86_400))
    .option('--from <RUN>', "begin with a finished run's network and weights; another --seed gives other views")
    .option('--resume', 'go on with the run in --out')
    .option('--strict', 'stop at the first unreadable picture instead of skipping it');
  return withCommonOptions(command).action((flags: TrainFlags) => {
    const stage: Stage = { isLearning: false };
    return perform(
      flags,
      () => (stage.isLearning ? 'Stopping after this step; the last checkpoint stands …' : 'Stopping …'),
      (console, signal) => runTraining(flags, console, signal, stage),
    );
  });
}

/** How far a training is: before it learns there is no checkpoint that could stand. */
interface Stage {
  isLearning: boolean;
}

async function runTraining(flags: TrainFlags, console: Console, signal: AbortSignal, stage: Stage): Promise<void> {
  const begun = flags.resume ? (await readRun(flags.out)).record : undefined;
  const chosen = choose(flags, begun);
  // Before minutes of reading pictures: whether such codes exist at all.
  codebookShape(chosen.bits, chosen.codewords);
  await checkBeforehand(flags.out, askedOf(flags), begun, signal);
  const { ortModule } = await chooseProvider(providerFor(flags, begun));
  const dataset = await openData(console, chosen.data, { signal });
  if (begun) checkSameData(dataset, begun);
  const split = protocol(chosen.protocol, dataset, chosen.seed);
  console.note(
    `${dataset.name}, protocol ${split.name}, seed ${chosen.seed}: ${count(split.train.length)} pictures to learn from, ${countOf(dataset.classes.length, 'class', 'classes')}`,
  );

  checkTrainingLabels(
    Array.from(split.train, (row) => dataset.labels(row)),
    chosen.codewords,
  );
  const few = begun ? undefined : fewPictures(split.train.length, chosen.codewords);
  if (few !== undefined) console.note(`Note: ${few}`);
  const start = await chooseStart(flags, begun);
  const recipe = begun?.identity.recipe ?? chooseRecipe(flags, start, dataset.name, split.train.length);
  const { strict, workers } = flags;
  const inputs = await openInputs(console, flags, begun, {
    ...{ dataset, rows: split.train, recipe, seed: chosen.seed, strict, workers, ortModule, signal },
    ...(start && { start }),
  });
  tellSkipped(console, inputs.skipped);

  const bar = console.progress('Learning');
  const { result, lastLine, run } = await train({
    ...defined({ pixels: inputs.pixels, features: inputs.features, fresh: inputs.fresh, head: inputs.head }),
    labels: Array.from(inputs.rows, (row) => [...dataset.labels(row)]),
    graph: inputs.graph,
    preprocess: writeModel(inputs.preprocess),
    recipe,
    bits: chosen.bits,
    codewords: chosen.codewords,
    seed: chosen.seed,
    // A provider asked for by name is ONNX Runtime's.
    engine: flags.engine === 'auto' && !begun && namedProvider(flags) ? 'onnxruntime' : flags.engine,
    out: flags.out,
    resume: flags.resume ?? false,
    facts: {
      data: dataName(dataset),
      protocol: split.name,
      classes: dataset.classes,
      ...(start && { from: start.facts }),
      ...(inputs.backbone && { backbone: inputs.backbone }),
      ...(inputs.skipped.length > 0 && { unreadable: inputs.skipped.length }),
    },
    ortModule,
    signal,
    onProgress: (progress) => {
      stage.isLearning = true;
      show(bar, progress);
    },
    onNotice: (line) => console.note(line),
    ...defined({ epochs: flags.epochs, workers: flags.workers, checkpointSeconds: flags.checkpoint }),
  }).finally(() => bar.stop());
  dataset.close?.();

  const { identity } = run.record;
  console.print(
    `Learnt ${identity.recipe.name} in ${duration(result.seconds)}: ${count(result.steps)} steps, loss ${result.loss.toFixed(4)} (L ${result.L.toFixed(4)}, Q ${result.Q.toFixed(4)}), codes of ${identity.bits} bits (M = ${identity.M}, K = ${identity.K}).`,
  );
  console.print(`Next: npx dqn export ${flags.out} --out MODEL`);
  console.printJson(lastLine);
}

/** What a run can be resumed with. */
function askedOf({
  bits,
  codewords,
  seed,
  epochs,
  size,
  recipe,
  variant,
  protocol,
  workers,
  engine,
  provider,
  backbone,
}: TrainFlags): Asked {
  return { bits, codewords, seed, epochs, size, recipe, variant, protocol, workers, engine, provider, backbone };
}

const namedProvider = ({ provider }: TrainFlags): boolean => provider !== undefined && provider !== 'auto';

/** A resumed run goes on where it was begun. */
function providerFor({ provider }: TrainFlags, begun: RunRecord | undefined): ProviderChoice {
  return begun ? (begun.identity.provider ?? 'cpu') : (provider ?? 'auto');
}

/** The recipe for pictures of the size that was asked for, or that suits the data. */
function chooseRecipe(flags: TrainFlags, start: Start | undefined, dataName: string, images: number): Recipe {
  const backbone = flags.backbone !== undefined;
  const size = flags.size ?? (backbone ? 160 : dataName === 'cifar10' ? 32 : 64);
  const named = recipeFor(flags.recipe ?? DEFAULTS.recipe, { size, backbone, images });
  const recipe = flags.variant === undefined ? named : variantOf(named, flags.variant);
  return start ? start.recipeFor(recipe) : recipe;
}

/** The run to begin with; a resumed run, which knows no folder of others, needs it again. */
async function chooseStart({ from, backbone, size, out }: TrainFlags, begun?: RunRecord): Promise<Start | undefined> {
  if (from === undefined) {
    if (!begun?.facts.from) return undefined;
    throw new TrainerError('WRONG_USAGE', `--from is missing: ${out} was begun with another run, name it again`);
  }
  if (begun && !begun.facts.from) {
    throw new TrainerError('WRONG_USAGE', `--from ${from}: ${out} was begun without it; leave it out`);
  }
  if (backbone !== undefined || size !== undefined) {
    throw new TrainerError(
      'WRONG_USAGE',
      `--from ${from} brings its network and size; leave ${backbone === undefined ? '--size' : '--backbone'} out`,
    );
  }
  return openStart(from);
}

/** Pixels for a network of its own; behind a backbone features, or the pictures for fresh views. */
function openInputs(
  console: Console,
  flags: TrainFlags,
  begun: RunRecord | undefined,
  reading: Reading & { readonly start?: Start },
): Promise<Inputs> {
  const { recipe, start } = reading;
  if (recipe.network.kind !== 'head') return pixelInputs(console, reading, start?.graph);
  // How it was used is in the run; where its file lies, the run doesn't know.
  const was = begun?.facts.backbone;
  const backbone = flags.backbone ?? (was && BACKBONE_NAMES.includes(was.name) ? was.name : undefined);
  if (backbone === undefined) {
    const name = was ? ` (${was.name})` : '';
    throw new TrainerError('WRONG_USAGE', `--backbone is missing: the run was begun behind one${name}, name it again`);
  }
  const named = {
    backbone,
    cut: flags.cut ?? (was && (was.cut ?? 'input')),
    features: flags.features ?? was?.features,
    pixels: flags.pixels ?? was?.pixels,
  };
  if (isFineTuning(recipe)) return freshInputs(console, named, { ...reading, recipe });
  if (hasHead(recipe)) return featureInputs(console, named, { ...reading, recipe });
  throw new TrainerError('WRONG_USAGE', `the recipe "${recipe.name}" doesn't say what its head learns from`);
}

/** Whether a recipe learns from fresh views behind a backbone. */
function isFineTuning(recipe: Recipe): recipe is FineTuning {
  return recipe.network.kind === 'head' && recipe.freshViews !== undefined && recipe.head !== undefined;
}

/** Whether a recipe learns behind a backbone. */
function hasHead(recipe: Recipe): recipe is Recipe & { readonly network: HeadSpec; readonly views: ViewPlan } {
  return recipe.network.kind === 'head' && recipe.views !== undefined;
}

/** What was asked for; with --resume what the run was begun with, unless it is asked for again. */
function choose(flags: TrainFlags, begun: RunRecord | undefined) {
  const { identity, facts } = begun ?? {};
  // A folder's name is no path: only sets that are known by name are found again without --data.
  const data = flags.data ?? (facts && !facts.data.includes('#') ? facts.data : undefined);
  if (data === undefined) {
    throw new TrainerError(
      'WRONG_USAGE',
      `--data is missing: name a data set or a folder${facts ? ` (the run was begun with ${facts.data.split('#')[0]})` : ''}`,
    );
  }
  if ((flags.cut || flags.features || flags.pixels) && !flags.backbone && !facts?.backbone) {
    throw new TrainerError(
      'WRONG_USAGE',
      '--cut, --features and --pixels need --backbone: a network that is built anew is learnt whole',
    );
  }
  return {
    data,
    protocol: flags.protocol ?? facts?.protocol,
    bits: flags.bits ?? identity?.bits ?? DEFAULTS.bits,
    codewords: flags.codewords ?? identity?.K ?? DEFAULTS.codewords,
    seed: flags.seed ?? identity?.seed ?? DEFAULTS.seed,
  };
}

function show(bar: Progress, progress: TrainProgress): void {
  const { phase, step, steps, epoch, epochs, loss, L, Q, imagesPerSecond, secondsLeft } = progress;
  const detail =
    phase === 'codebooks'
      ? 'learning the codebooks'
      : `${phase === 'head' ? 'head alone: ' : ''}epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  L ${L.toFixed(4)}  Q ${Q.toFixed(4)}  ${count(imagesPerSecond)} images/s  ${duration(secondsLeft)} left`;
  bar.update(phase === 'codebooks' ? steps : step, steps, detail);
}
