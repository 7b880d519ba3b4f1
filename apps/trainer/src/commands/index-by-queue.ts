/** @file `dqn index --queue`: pictures to a queue, from which `dqn worker`s encode them. */
import { join } from 'node:path';
import { MODEL_FILES, readCodebook, sha256Hex, type TrainingFacts } from '@dqn/format';
import { readFileChecked } from '@dqn/format/node';
import type { CommonOptions } from '../action.ts';
import { type Console, count, countOf, duration } from '../console.ts';
import { openData } from '../data.ts';
import { TrainerError } from '../errors.ts';
import { chooseRows, type RowsWanted } from '../gallery/rows.ts';
import { isModelFolder } from '../model-folder.ts';
import {
  bucketPictures,
  isBucket,
  openQueue,
  produce,
  type RunPictures,
  runPictures,
  tellRedis,
} from '../queue/index.ts';

interface QueueFlags extends CommonOptions, RowsWanted {
  queue?: string;
  out?: string;
  store?: string;
  add?: boolean;
  strict?: boolean;
  thumbnails: boolean;
  batch: number;
}

/** How often it is looked whether anybody does the work, in seconds. */
const LOOK_EVERY = 10;

/** Puts the pictures into the queue and waits until they are encoded. */
export async function runIndexByQueue(
  modelFolder: string,
  images: string,
  flags: QueueFlags,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ['out', 'store', 'add', 'strict'] as const) {
    if (flags[name] === undefined) continue;
    throw new TrainerError(
      'WRONG_USAGE',
      `--${name} and --queue contradict each other: workers write into their --store`,
    );
  }
  if (!(await isModelFolder(modelFolder))) {
    throw new TrainerError(
      'MODEL_NOT_FOUND',
      `${modelFolder} holds no ${MODEL_FILES.codebook}: give a folder of npx dqn export`,
    );
  }
  await using queue = await openQueue(flags.queue!, { onChange: tellRedis(console) });
  const file = await readFileChecked(join(modelFolder, MODEL_FILES.codebook));
  const codebook = readCodebook(file);
  const codebookSha256 = sha256Hex(file);
  const pictures = await picturesOf(images, codebook.training, flags, console, signal);
  const bar = console.progress('Encoding');
  const started = performance.now();
  const looking = setInterval(() => void tellIfIdle().catch(() => undefined), LOOK_EVERY * 1000);
  const tellIfIdle = async (): Promise<void> => {
    const jobs = queue.jobs(codebookSha256);
    if (await jobs.isPaused()) {
      console.note(`The queue is paused: npx dqn queue resume --queue ${queue.address.shown}`);
      return;
    }
    if ((await jobs.getWorkersCount()) > 0) return;
    console.note(`No worker is there: npx dqn worker ${modelFolder} --queue ${queue.address.shown} --store URL`);
  };
  const ended = await produce({
    queue,
    pictures,
    codebookSha256,
    size: flags.batch,
    thumbnails: flags.thumbnails,
    signal,
    onBegin: (run, done) => {
      console.note(`Run ${run.id} in ${queue.address.shown}${done > 0 ? `, ${count(done)} done before` : ''}`);
    },
    onProgress: ({ done, run, poison, perSecond, secondsLeft }) => {
      const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
      const failed = poison > 0 ? `, ${count(poison)} can't be` : '';
      bar.update(done, run.pictures, `${count(perSecond)} pictures/s${failed}${left}`);
    },
  }).finally(() => {
    clearInterval(looking);
    bar.stop();
  });
  const { run, poison } = ended;
  const seconds = (performance.now() - started) / 1000;
  console.print(`${countOf(run.pictures - poison, 'picture is', 'pictures are')} encoded, in ${duration(seconds)}.`);
  if (poison > 0) {
    console.print(
      `${countOf(poison, 'picture', 'pictures')} could not be: npx dqn queue poison --queue ${queue.address.shown}`,
    );
  }
  console.printJson({ run: run.id, count: run.pictures - poison, poison, seconds, perSecond: ended.perSecond });
}

/** The keys of a bucket, or the rows of a data set that are wanted. */
async function picturesOf(
  images: string,
  training: TrainingFacts,
  flags: QueueFlags,
  console: Console,
  signal: AbortSignal,
): Promise<RunPictures> {
  if (isBucket(images)) {
    if (flags.protocol) throw new TrainerError('WRONG_USAGE', `${images} has no protocol: leave --protocol out`);
    const pictures = await bucketPictures(images, signal);
    console.note(`${count(pictures.length)} pictures of ${images}`);
    return pictures;
  }
  const dataset = await openData(console, images, { labelsOptional: true, signal });
  const chosen = chooseRows(dataset, training, flags);
  console.note(`${count(chosen.rows.length)} of ${count(dataset.length)} pictures of ${dataset.name}: ${chosen.why}`);
  const pictures = runPictures(dataset, chosen.rows, images);
  // Its names and labels stay; who reads the pictures are the workers.
  dataset.close?.();
  return pictures;
}
