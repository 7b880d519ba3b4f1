/**
 * @file Puts a run into a queue, and follows it to its end.
 *
 * Only so many jobs are in the queue at a time: a run may be larger than Redis's memory, and a gallery that is slow slows
 * this, too. What Redis has lost (a restart may cost it its last second, or all) is seen by the bits of jobs that aren't
 * set, and is put again.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { TrainerError } from '../errors.ts';
import type { OpenQueue } from './connection.ts';
import { type JobData, jobCount, jobId, type Run } from './job.ts';
import { isDone, type RunProgress, type RunState } from './runs.ts';
import type { RunPictures } from './sources/pictures.ts';

/** Jobs in the queue at a time, those in work among them. */
const AHEAD = 1024;

/** Jobs put by one command. */
const TOGETHER = 64;

/** Milliseconds between two looks at the run. */
const LOOK_EVERY = 250;

/** Milliseconds without a finished job after which all that isn't done is put again: what is there stays as it is. */
const SILENCE = 15_000;

/** What to put. */
export interface ProduceOptions {
  readonly queue: OpenQueue;
  readonly pictures: RunPictures;
  readonly codebookSha256: string;
  /** Pictures a job. */
  readonly size: number;
  readonly thumbnails: boolean;
  readonly signal: AbortSignal;
  /** Hears how far it is, a few times a second. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Hears which run it is before anything is put, and what of it was done before. */
  readonly onBegin?: ((run: Run, done: number) => void) | undefined;
  /** As {@link SILENCE}; tests have no time. */
  readonly silence?: number | undefined;
}

/**
 * Puts a run and waits until all of it is done. The same run, not done yet, is gone on with; one that is done or was
 * cancelled begins anew.
 *
 * @throws {TrainerError} RUN_CANCELLED; the signal's reason, which leaves the run as it is
 */
export async function produce(options: ProduceOptions): Promise<RunProgress> {
  const { queue, signal, onProgress, onBegin, silence = SILENCE } = options;
  const { runs } = queue;
  let run = runOf(options);
  const before = (await runs.ids()).includes(run.id) ? await runs.progress(run.id) : undefined;
  if (before?.state === 'running') run = before.run;
  else await runs.begin(run);
  onBegin?.(run, before?.state === 'running' ? before.done : 0);
  const jobs = queue.jobs(run.codebookSha256);
  const total = jobCount(run);
  let put = new Set<number>();
  let left = total + 1;
  let heard = performance.now();
  for (;;) {
    signal.throwIfAborted();
    let state = await runs.read(run.id);
    if (!state) {
      // Redis came back without it.
      await runs.begin(run);
      put = new Set();
      state = { run, isCancelled: false, done: new Uint8Array(0) };
    }
    if (state.isCancelled) throw new TrainerError('RUN_CANCELLED', `run ${run.id} was cancelled; what was done stays`);
    const open = openJobs(state, put, total);
    if (open.left !== left) heard = performance.now();
    else if (performance.now() - heard > silence) {
      open.wanted.push(...open.put);
      heard = performance.now();
    }
    left = open.left;
    for (let from = 0; from < open.wanted.length; from += TOGETHER) {
      const part = open.wanted.slice(from, from + TOGETHER);
      await jobs.addBulk(
        part.map((job) => ({
          name: 'encode',
          data: dataOf(options.pictures, run, job),
          opts: { jobId: jobId(run.id, job) },
        })),
      );
      for (const job of part) put.add(job);
      signal.throwIfAborted();
    }
    onProgress?.(await runs.progress(run.id));
    if (left === 0) return runs.progress(run.id);
    await pause(LOOK_EVERY, undefined, { signal });
  }
}

/** Jobs that aren't done: those that were put, and the next ones that may be. */
function openJobs(
  { done }: RunState,
  put: ReadonlySet<number>,
  total: number,
): { wanted: number[]; put: number[]; left: number } {
  const found = { wanted: [] as number[], put: [] as number[], left: 0 };
  for (let job = 0; job < total; job++) {
    if (isDone(done, job)) continue;
    found.left++;
    if (put.has(job)) found.put.push(job);
    else if (found.put.length + found.wanted.length < AHEAD) found.wanted.push(job);
  }
  return found;
}

function dataOf(pictures: RunPictures, run: Run, job: number): JobData {
  const from = job * run.size;
  const length = Math.min(run.size, run.pictures - from);
  return { run: run.id, job, pictures: Array.from({ length }, (_, i) => pictures.ref(from + i)) };
}

/** Its id follows from what it is made of. */
function runOf({ pictures, codebookSha256, size, thumbnails }: ProduceOptions): Run {
  const { source, length } = pictures;
  const hash = createHash('sha256').update(JSON.stringify([source, codebookSha256, size, thumbnails, length]));
  for (let number = 0; number < length; number++) {
    const { id, at, labels } = pictures.ref(number);
    hash.update(JSON.stringify([id, at, labels]));
  }
  const id = hash.digest('hex').slice(0, 12);
  return { id, source, codebookSha256, pictures: length, size, thumbnails, begun: Date.now() };
}
