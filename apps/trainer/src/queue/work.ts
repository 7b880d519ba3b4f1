/**
 * @file A worker: takes jobs, encodes their pictures and writes them, any number of them on any hosts.
 *
 * A job is done when its pictures are in the gallery; whatever ends before that is done again by somebody, which changes
 * nothing about an item that is there already. What is wrong with a picture is the picture's matter: it is tried again
 * later and ends in the run's list. What is wrong with the worker (its network, its disks, the key that it has for the
 * gallery) ends the worker, and what it had goes back to the others.
 */

import type { Model } from '@dqn/runtime';
import { type Job, WaitingError, Worker } from 'bullmq';
import { isNetworks, oneByOne, probe } from './careful.ts';
import { jobsName, type OpenQueue, PREFIX } from './connection.ts';
import { type EncodedJob, encodePictures, poisoned } from './encode.ts';
import type { JobData, PictureRef, Poison, Run } from './job.ts';
import { openReader, type PictureReader } from './sources/reader.ts';
import type { Sink } from './store.ts';
import { write } from './write.ts';

/** What a worker says, for people. */
export type WorkerEvent =
  /** Of both: `stored` are the pictures written just now. */
  | { readonly kind: 'job'; readonly run: Run; readonly stored: number; readonly poison: number; readonly ms: number }
  | {
      readonly kind: 'again';
      readonly run: Run;
      readonly stored: number;
      readonly pictures: number;
      readonly why: string;
    }
  | { readonly kind: 'taken-over'; readonly job: string }
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'taken' }
  | { readonly kind: 'trouble'; readonly error: Error };

/** What a worker is made of. */
export interface WorkerOptions {
  readonly queue: OpenQueue;
  readonly model: Model;
  readonly sink: Sink;
  /** Jobs at a time; default 3: one is read, one is in the network, one is written. */
  readonly atOnce?: number | undefined;
  /** Milliseconds after which a job of a worker that is silent may be taken over; default 10,000. */
  readonly silence?: number | undefined;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
}

/** A worker at work. */
export interface RunningWorker extends AsyncDisposable {
  /** Fulfilled when it was closed; rejected with what it can't go on with. */
  readonly ended: Promise<void>;
  /** Ends the jobs that it has, gives back those that can't be ended now, and takes no more. */
  close(): Promise<void>;
}

/** From so many workers on that were lost with a job, its pictures are tried one by one. */
const SUSPICIOUS = 3;

/** Starts a worker. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const { queue, model, sink, atOnce = 3, silence = 10_000, onEvent = () => {} } = options;
  const { runs } = queue;
  const stopping = new AbortController();
  const readers = new Map<string, Promise<PictureReader>>();
  let failure: unknown;

  const readerOf = ({ source }: Run): Promise<PictureReader> => {
    const key = JSON.stringify(source);
    const opening = readers.get(key) ?? openReader(source);
    readers.set(key, opening);
    opening.catch(() => readers.delete(key));
    return opening;
  };
  const put = (encoded: EncodedJob) =>
    write(sink, encoded.items, {
      stopping: stopping.signal,
      onTrouble: (error) => onEvent(error ? { kind: 'refused', error } : { kind: 'taken' }),
    });

  /** Encodes and writes pictures; gives those that can't be. */
  const store = async (run: Run, pictures: readonly PictureRef[]): Promise<Poison[]> => {
    const reader = await readerOf(run);
    const encoded = await encodePictures(model, reader, pictures, run.thumbnails);
    // Not one of several: that may well be the host's doing.
    if (encoded.items.length === 0) await reader.check();
    const refused = await put(encoded);
    const byId = new Map(pictures.map((picture) => [picture.id, picture]));
    return [...encoded.poison, ...refused.map(({ item, error }) => poisoned(byId.get(String(item.id))!, error))];
  };

  const process = async (job: Job<JobData>): Promise<void> => {
    const started = performance.now();
    const { run: id, job: number, pictures } = job.data;
    const run = await runs.wanted(id, number);
    if (!run) return;
    let poison: Poison[];
    const lost = job.attemptsStarted - job.attemptsMade - 1;
    if (lost >= SUSPICIOUS) poison = await oneByOne(run, pictures, { runs, model, store });
    else {
      try {
        poison = await store(run, pictures);
      } catch (error) {
        if (!isNetworks(error)) throw error;
        await probe(model);
        poison = await oneByOne(run, pictures, { runs, model, store });
      }
    }
    if (poison.length > 0 && job.attemptsMade + 1 < (job.opts.attempts ?? 1)) {
      const again = new Set(poison.map((one) => one.number));
      // Where that can't be kept the whole job is done again.
      await job
        .updateData({ ...job.data, pictures: pictures.filter((one) => again.has(one.number)) })
        .catch(() => undefined);
      const stored = pictures.length - again.size;
      onEvent({ kind: 'again', run, stored, pictures: again.size, why: poison[0].message });
      throw new TryLater(poison[0].message);
    }
    await runs.finish(run, number, pictures.length, poison);
    const ms = performance.now() - started;
    onEvent({ kind: 'job', run, stored: pictures.length - poison.length, poison: poison.length, ms });
  };

  /** As BullMQ wants it: what isn't the pictures' fault ends the worker, and the job goes back. */
  const handle = async (job: Job<JobData>, token?: string): Promise<void> => {
    try {
      await process(job);
    } catch (error) {
      if (error instanceof TryLater) throw error;
      if (!stopping.signal.aborted) end(error);
      await job.moveToWait(token);
      throw new WaitingError();
    }
  };

  const worker = new Worker<JobData>(jobsName(queue.address, model.codebookSha256), handle, {
    connection: queue.redis,
    prefix: PREFIX,
    concurrency: atOnce,
    lockDuration: silence,
    stalledInterval: silence / 2,
    // Whether a job has a picture that ends its worker is found out here.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1000,
  });
  void runs.announce(model.codebookSha256).catch(() => undefined);
  worker.on('stalled', (job) => onEvent({ kind: 'taken-over', job }));
  worker.on('error', (error) => {
    if (!isConnections(error)) onEvent({ kind: 'trouble', error });
  });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      stopping.abort(new DOMException('the worker is being closed', 'AbortError'));
      await worker.close();
      for (const reader of readers.values()) await (await reader.catch(() => undefined))?.close();
    })();
    return closing;
  };
  const end = (error: unknown): void => {
    failure ??= error;
    void close();
  };
  const ended = new Promise<void>((resolve, reject) => {
    worker.on('closed', () => (failure === undefined ? resolve() : reject(failure)));
  });
  // Whoever only closes it needn't listen.
  ended.catch(() => undefined);
  return { ended, close, [Symbol.asyncDispose]: close };
}

/** Says to BullMQ that a job is to be tried again after a while. */
class TryLater extends Error {
  override readonly name = 'TryLater';
}

function isConnections(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN/.test(code ?? '') || /Connection is closed/.test(error.message);
}
