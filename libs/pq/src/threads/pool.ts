/// <reference lib="esnext.disposable" preserve="true" />
/**
 * @file A pool of worker threads that runs the tasks of ./tasks.ts.
 *
 * Jobs are handed out in the order of `run`, each to the next thread that is free. Where no threads can be had there is
 * no pool, and the caller does the same work itself.
 */
import { type AbortSignalLike, PqError } from '../errors.ts';
import { sharingWorks } from '../kernels/load.ts';
import { processors } from './builtin.ts';
import { startThread, type Thread, type ThreadEvents } from './platform.ts';
import { type FromWorker, fromPlain, type ToWorker } from './protocol.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/** How to run a job. */
export interface RunOptions {
  /** Buffers that move to the thread instead of being copied; they are gone here. */
  readonly transfer?: readonly object[] | undefined;
  /** An AbortSignal; of anything less only `aborted` is looked at, before the job starts. */
  readonly signal?: AbortSignalLike | undefined;
  /** What the task tells while it works; what the number counts is the task's. What this throws, `run` throws. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Threads that wait for work. They don't keep a process alive unless they work; close() what isn't needed. */
export interface Pool {
  /** Threads that live. */
  readonly size: number;
  /**
   * Runs a task in the next free thread.
   *
   * @throws the task's error with its code; PqError `THREAD_LOST` if the thread ended in the middle or none is left,
   * `CLOSED` if the pool was closed; the signal's reason (where memory can be shared the task may notice and stop;
   * else it runs on to no avail)
   */
  run<N extends TaskName>(task: N, input: TaskInput<N>, options?: RunOptions): Promise<TaskOutput<N>>;
  /** Runs a task once in every thread. */
  runInEach<N extends TaskName>(task: N, input: TaskInput<N>, options?: RunOptions): Promise<TaskOutput<N>[]>;
  /** Ends the threads; jobs that are under way are refused. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Starts threads and waits until they can work.
 *
 * @param threads how many; as many as the machine runs side by side unless told
 * @param start how a thread is started, for tests
 * @returns undefined where there are no threads (or 0 were asked for): the caller works on its own
 */
export async function openPool(
  threads: number = processors(),
  start: (events: ThreadEvents) => Thread | undefined = startThread,
): Promise<Pool | undefined> {
  if (!Number.isInteger(threads) || threads < 0) {
    throw new PqError('BAD_OPTION', `threads is ${threads}; expected a whole number from 0.`);
  }
  const members = Array.from({ length: threads }, () => new Member(start));
  const living = (await Promise.all(members.map((member) => member.ready))).filter(Boolean).length;
  return living > 0 ? new ThreadPool(members) : undefined;
}

interface Job {
  readonly id: number;
  readonly task: string;
  readonly input: unknown;
  readonly options: RunOptions;
  /** The thread it must run in; any, if undefined. */
  readonly member: Member | undefined;
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** One thread and the job it works on. */
class Member {
  /** Whether it came to life. */
  readonly ready: Promise<boolean>;
  readonly #thread: Thread | undefined;
  readonly #unwanted = sharingWorks() ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  #job: Job | undefined;
  #lost: PqError | undefined;
  #onFree: () => void = () => {};

  constructor(start: (events: ThreadEvents) => Thread | undefined) {
    let begun: (alive: boolean) => void = () => {};
    this.ready = new Promise((resolve) => {
      begun = resolve;
    });
    this.#thread = start({
      onMessage: (data) => {
        const message = data as FromWorker;
        if (message.kind === 'ready') {
          this.#thread?.hold(false);
          begun(true);
        } else if (message.job === this.#job?.id) this.#answered(message, this.#job);
      },
      onEnd: (cause) => {
        this.#lose(cause);
        begun(false);
      },
    });
    if (this.#thread === undefined) {
      this.#lose(new Error('there are no threads here'));
      begun(false);
    }
    this.#thread?.post({ kind: 'begin', unwanted: this.#unwanted } satisfies ToWorker);
  }

  /** Why it doesn't live any more. */
  get lost(): PqError | undefined {
    return this.#lost;
  }

  get free(): boolean {
    return this.#job === undefined && this.#lost === undefined;
  }

  /** Called whenever a job ended or the thread was lost. */
  set onFree(listener: () => void) {
    this.#onFree = listener;
  }

  take(job: Job): void {
    this.#job = job;
    this.#thread?.hold(true);
    try {
      const { id, task, input } = job;
      this.#thread?.post({ kind: 'job', job: id, task, input } satisfies ToWorker, job.options.transfer);
    } catch (error) {
      // What can't be cloned, or was transferred before.
      this.#done().reject(error);
    }
  }

  /** Asks the task to stop, if it is this one and it listens. */
  forget(job: Job): void {
    if (this.#job === job && this.#unwanted) Atomics.store(this.#unwanted, 0, job.id);
  }

  end(error: PqError): void {
    this.#lost ??= error;
    this.#thread?.end();
    if (this.#job) this.#done().reject(error);
  }

  #answered(message: Exclude<FromWorker, { kind: 'ready' }>, job: Job): void {
    if (message.kind === 'progress') {
      try {
        job.options.onProgress?.(message.done);
      } catch (error) {
        // As if it had thrown inside the task.
        this.forget(job);
        job.reject(error);
      }
    } else if (message.kind === 'result') this.#done().resolve(message.value as never);
    else this.#done().reject(fromPlain(message.error));
  }

  #lose(cause: Error): void {
    if (this.#lost) return;
    this.#lost = new PqError('THREAD_LOST', `A worker thread was lost: ${cause.message}. Open anew, or work without.`, {
      cause,
    });
    if (this.#job) this.#done().reject(this.#lost);
    else this.#onFree();
  }

  #done(): Job {
    const job = this.#job!;
    this.#job = undefined;
    this.#thread?.hold(false);
    // Not at once: who reads the answer first may have the next job ready.
    void Promise.resolve().then(() => this.#onFree());
    return job;
  }
}

class ThreadPool implements Pool {
  readonly #members: readonly Member[];
  readonly #waiting: Job[] = [];
  #nextId = 1;
  #closed = false;

  constructor(members: readonly Member[]) {
    this.#members = members;
    for (const member of members) member.onFree = () => this.#handOut();
  }

  get size(): number {
    return this.#living().length;
  }

  run<N extends TaskName>(task: N, input: TaskInput<N>, options: RunOptions = {}): Promise<TaskOutput<N>> {
    return this.#enqueue(task, input, options, undefined);
  }

  runInEach<N extends TaskName>(task: N, input: TaskInput<N>, options: RunOptions = {}): Promise<TaskOutput<N>[]> {
    const { transfer: _, ...others } = options;
    return Promise.all(this.#living().map((member) => this.#enqueue(task, input, others, member)));
  }

  close(): void {
    this.#closed = true;
    const error = new PqError('CLOSED', 'The worker threads have been closed.');
    for (const member of this.#members) member.end(error);
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #living(): Member[] {
    return this.#members.filter((member) => member.lost === undefined);
  }

  async #enqueue<N extends TaskName>(
    task: N,
    input: TaskInput<N>,
    options: RunOptions,
    member: Member | undefined,
  ): Promise<TaskOutput<N>> {
    if (this.#closed) throw new PqError('CLOSED', 'The worker threads have been closed.');
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    let onAbort = (): void => {};
    const events = signal as Partial<AbortEvents> | undefined;
    try {
      return await new Promise<TaskOutput<N>>((resolve, reject) => {
        const job: Job = { id: this.#nextId++, task, input, options, member, resolve, reject };
        onAbort = () => {
          const place = this.#waiting.indexOf(job);
          if (place >= 0) this.#waiting.splice(place, 1);
          for (const each of this.#members) each.forget(job);
          reject(signal?.reason);
        };
        events?.addEventListener?.('abort', onAbort);
        this.#waiting.push(job);
        this.#handOut();
      });
    } finally {
      events?.removeEventListener?.('abort', onAbort);
    }
  }

  #handOut(): void {
    const nobodyLeft = this.#living().length === 0;
    for (let i = 0; i < this.#waiting.length; ) {
      const job = this.#waiting[i];
      const lost = nobodyLeft ? this.#members[0].lost : job.member?.lost;
      const member = job.member ? (job.member.free ? job.member : undefined) : this.#members.find(({ free }) => free);
      if (lost === undefined && member === undefined) {
        i++;
        continue;
      }
      this.#waiting.splice(i, 1);
      if (lost) job.reject(lost);
      else if (job.options.signal?.aborted) job.reject(job.options.signal.reason);
      else member?.take(job);
    }
  }
}

interface AbortEvents {
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
