/** @file The workers, as seen from the thread that leads them: requests, answers, and what happens when one fails. */
import { Worker } from 'node:worker_threads';
import { TrainError } from '../../errors.ts';
import type { Answer, Request, WorkerStart } from './protocol.ts';

interface Waiting {
  resolve(value: Float32Array | number | undefined): void;
  reject(error: TrainError): void;
}

/** What a team is made of. */
export interface TeamOptions {
  /** The engine's name, for messages. */
  readonly engine: string;
  /** The module that the workers run: see `workerUrl`. */
  readonly worker: URL;
  readonly starts: readonly WorkerStart[];
}

/**
 * A worker module beside the module `from` (its import.meta.url), for `folder` of this package's engines. Node 20 loads
 * no TypeScript in a worker: from source, the built one is taken.
 */
export function workerUrl(from: string, folder: string): URL {
  return new URL(from.endsWith('.ts') ? `../../../dist/engine/${folder}/worker.js` : './worker.js', from);
}

/** A number of workers. Once one has failed, every pending and later request is refused with the same error. */
export class Team {
  readonly size: number;
  readonly #workers: Worker[] = [];
  readonly #waiting: Map<number, Waiting>[] = [];
  #id = 0;
  #failure: TrainError | undefined;
  #closing = false;

  readonly #engine: string;

  private constructor({ engine, worker: url, starts }: TeamOptions) {
    this.#engine = engine;
    this.size = starts.length;
    starts.forEach((start, rank) => {
      const worker = new Worker(url, { workerData: start, execArgv: [], name: `dqn engine ${rank}` });
      this.#workers.push(worker);
      this.#waiting.push(new Map());
      worker.on('message', (answer: Answer) => this.#answered(rank, answer));
      worker.on('error', (error) => this.#fail(rank, error.message, error));
      worker.on('exit', (code) => this.#fail(rank, `it ended with code ${code}`));
    });
  }

  /** Starts the workers and waits until all have loaded their network. Throws TrainError ENGINE_FAILED. */
  static async open(o: TeamOptions): Promise<Team> {
    const team = new Team(o);
    try {
      await Promise.all(o.starts.map((_, rank) => team.#wait(rank, 0)));
    } catch (error) {
      await team.close();
      throw error;
    }
    return team;
  }

  /** One request to one worker. `transfer`: buffers that are handed over rather than copied. */
  ask(rank: number, request: Request, transfer: ArrayBuffer[] = []): Promise<Float32Array | number | undefined> {
    this.#id += 1;
    const id = this.#id;
    const answered = this.#wait(rank, id);
    if (!this.#failure) this.#workers[rank]!.postMessage({ id, request }, transfer);
    return answered;
  }

  /** Ends the workers, whatever they are doing. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#failure ??= new TrainError('ENGINE_FAILED', 'the engine is closed; open a new one');
    this.#refuseAll();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #wait(rank: number, id: number): Promise<Float32Array | number | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#waiting[rank]!.set(id, { resolve, reject });
    });
  }

  #answered(rank: number, answer: Answer): void {
    if ('error' in answer) {
      const cause = new Error(answer.error.message);
      cause.stack = answer.error.stack ?? '';
      this.#fail(rank, answer.error.message, cause);
      return;
    }
    const waiting = this.#waiting[rank]!.get(answer.id);
    this.#waiting[rank]!.delete(answer.id);
    waiting?.resolve(answer.value);
  }

  #fail(rank: number, why: string, cause?: unknown): void {
    if (this.#closing || this.#failure) return;
    this.#failure = new TrainError(
      'ENGINE_FAILED',
      `worker ${rank + 1} of ${this.size} of the engine ${this.#engine} failed: ${why}. The last checkpoint stands: go on with --resume.`,
      { cause },
    );
    this.#refuseAll();
    for (const worker of this.#workers) void worker.terminate();
  }

  #refuseAll(): void {
    for (const waiting of this.#waiting) {
      for (const { reject } of waiting.values()) reject(this.#failure!);
      waiting.clear();
    }
  }
}
