/** @file What can be done to a queue from outside: look, pause, resume, cancel, try what failed once more. */
import { setTimeout as pause } from 'node:timers/promises';
import { TrainerError } from '../errors.ts';
import type { OpenQueue } from './connection.ts';
import { type JobData, jobCount, jobId, type Poison, type Run } from './job.ts';
import { isDone, type RunProgress } from './runs.ts';

/** Jobs handled by one command. */
const TOGETHER = 256;

/** Looks at a job that seems to be ending, and the milliseconds between two. */
const LOOKS = 20;
const LOOK_EVERY = 50;

/** A queue as it is now. */
export interface QueueStatus {
  /** The latest first. */
  readonly runs: readonly RunProgress[];
  /** Workers by the codebook that they have. */
  readonly workers: Readonly<Record<string, number>>;
  readonly isPaused: boolean;
}

/** What there is in a queue. */
export async function queueStatus(queue: OpenQueue): Promise<QueueStatus> {
  const runs = await Promise.all((await queue.runs.ids()).map((id) => queue.runs.progress(id)));
  const workers: Record<string, number> = {};
  let isPaused = false;
  for (const codebook of await queue.runs.models()) {
    const jobs = queue.jobs(codebook);
    workers[codebook] = await jobs.getWorkersCount();
    isPaused ||= await jobs.isPaused();
  }
  return { runs, workers, isPaused };
}

/**
 * Lets workers take no more jobs, or take them again. Those that they have are done.
 *
 * @throws {TrainerError} RUN_NOT_FOUND: there is nothing to pause
 */
export async function pauseQueue(queue: OpenQueue, paused: boolean): Promise<void> {
  const models = await queue.runs.models();
  if (models.length === 0) {
    throw new TrainerError('RUN_NOT_FOUND', `${queue.address.shown} has no runs and no workers`);
  }
  for (const codebook of models) {
    const jobs = queue.jobs(codebook);
    await (paused ? jobs.pause() : jobs.resume());
  }
}

/**
 * Ends a run: what waits is taken out, whoever follows it is told. What was written stays.
 *
 * @throws {TrainerError} RUN_NOT_FOUND
 */
export async function cancelRun(queue: OpenQueue, id: string): Promise<RunProgress> {
  const { run } = await queue.runs.progress(id);
  await queue.runs.cancel(id);
  const jobs = queue.jobs(run.codebookSha256);
  const done = (await queue.runs.read(id))?.done ?? new Uint8Array(0);
  const open = Array.from({ length: jobCount(run) }, (_, job) => job).filter((job) => !isDone(done, job));
  for (let from = 0; from < open.length; from += TOGETHER) {
    // One that is in work can't be taken out; whoever has it ends it.
    await Promise.allSettled(open.slice(from, from + TOGETHER).map((job) => jobs.remove(jobId(id, job))));
  }
  return queue.runs.progress(id);
}

/**
 * Puts the pictures that couldn't be encoded once more. They stay in the list until they are.
 *
 * @returns how many
 * @throws {TrainerError} RUN_NOT_FOUND
 */
export async function retryPoison(queue: OpenQueue, id: string): Promise<number> {
  const { run } = await queue.runs.progress(id);
  const poison = await queue.runs.poison(id);
  for (const job of new Set(poison.map((one) => jobOf(one, run)))) {
    const pictures = poison.filter((one) => jobOf(one, run) === job);
    await queue.runs.reopen(id, job);
    const data: JobData = { run: id, job, pictures: pictures.map(plain) };
    await putAgain(queue, run, data);
  }
  return poison.length;
}

/**
 * Puts a job of which the run may know that it is done before BullMQ does: while that one is ending, adding another of its
 * name changes nothing. One that stays is another's retry, which does the same.
 */
async function putAgain({ jobs, runs }: OpenQueue, run: Run, data: JobData): Promise<void> {
  const queue = jobs(run.codebookSha256);
  const name = jobId(run.id, data.job);
  for (let look = 0; look < LOOKS; look++) {
    const added = await queue.add('encode', data, { jobId: name });
    const found = await queue.getJob(name);
    if (found?.timestamp === added.timestamp) return;
    // Done, and gone, already.
    if (!found && !(await runs.wanted(run.id, data.job))) return;
    await pause(LOOK_EVERY);
  }
}

const jobOf = ({ number }: Poison, { size }: Run): number => Math.floor(number / size);

const plain = ({ number, id, at, labels }: Poison): JobData['pictures'][number] => ({ number, id, at, labels });
