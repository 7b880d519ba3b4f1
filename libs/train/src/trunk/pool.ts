/** @file The trunk's worker threads, as seen from the thread that feeds them. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { physicalCores } from '../choose.ts';
import type { NetworkInput } from '../engine/engine.ts';
import type { Provider } from '../engine/onnxruntime/ort.ts';
import { TrainError } from '../errors.ts';
import { CLOSE, type TrunkAnswer, type TrunkRequest, type TrunkStart } from './protocol.ts';

interface Waiting {
  resolve(features: NetworkInput): void;
  reject(error: Error): void;
}

/** The worker module. Node 20 loads no TypeScript in a worker: from source, the built one is taken. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? '../../dist/trunk/worker.js' : './worker.js', import.meta.url);

/** Requests that a worker has at a time: the next one waits there while it computes. */
const QUEUE = 2;

/** Threads that keep a GPU busy with what they decode and resize. */
const MOST_FEEDERS = 4;

/** How many workers hold a trunk: one for each core on the CPU, a few for CUDA, and WebGPU bears but one. */
export function poolSize(provider: Provider, asked: number | undefined): number {
  if (provider === 'webgpu') return 1;
  return asked ?? (provider === 'cpu' ? physicalCores() : Math.min(MOST_FEEDERS, physicalCores()));
}

/** Workers that each hold the trunk. */
export class TrunkPool {
  readonly #workers: { readonly worker: Worker; readonly waiting: Map<number, Waiting> }[] = [];
  readonly #free: (() => void)[] = [];
  #id = 0;
  #failure: TrainError | undefined;
  #closing = false;

  private constructor(start: TrunkStart, workers: number) {
    for (let rank = 0; rank < workers; rank++) {
      const worker = new Worker(WORKER, { workerData: start, execArgv: [], name: `dqn trunk ${rank}` });
      const waiting = new Map<number, Waiting>();
      this.#workers.push({ worker, waiting });
      worker.on('message', (answer: TrunkAnswer) => {
        const asked = waiting.get(answer.id);
        waiting.delete(answer.id);
        if ('error' in answer) this.#fail(answer.error);
        else asked?.resolve(answer.features);
        this.#free.shift()?.();
      });
      worker.on('error', (error) => this.#fail(error.message, error));
      worker.on('exit', (code) => this.#fail(`a worker ended with code ${code}`));
    }
  }

  /** Starts the workers. @throws TrainError ENGINE_FAILED where the trunk or the runtime doesn't load */
  static async open(start: TrunkStart, workers: number): Promise<TrunkPool> {
    const pool = new TrunkPool(start, workers);
    try {
      await Promise.all(pool.#workers.map((_, rank) => pool.#wait(rank, 0)));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /**
   * Features of some views, [views.length, width]; their pixels, as bytes, where the pool has no trunk.
   *
   * @returns once a worker has room: a promise of the features, in an object so that awaiting the room doesn't wait for it
   */
  async ask(views: TrunkRequest['views']): Promise<{ readonly features: Promise<NetworkInput> }> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const sizes = this.#workers.map(({ waiting }) => waiting.size);
      const rank = sizes.indexOf(Math.min(...sizes));
      if (sizes[rank] < QUEUE) {
        this.#id++;
        const features = this.#wait(rank, this.#id);
        // Whoever asked may fail before it looks at this one.
        features.catch(() => {});
        this.#workers[rank].worker.postMessage({ id: this.#id, views } satisfies TrunkRequest);
        return { features };
      }
      await new Promise<void>((resolve) => {
        this.#free.push(resolve);
      });
    }
  }

  /** Lets the workers finish what they are at: a thread that is ended inside the runtime takes the process with it. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#failure ??= new TrainError('ENGINE_FAILED', 'the trunk is closed; open a new one');
    this.#refuseAll();
    await Promise.all(
      this.#workers.map(async ({ worker }) => {
        if (worker.threadId === -1) return;
        const ended = once(worker, 'exit');
        worker.postMessage(CLOSE);
        await ended;
      }),
    );
  }

  #wait(rank: number, id: number): Promise<NetworkInput> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#workers[rank].waiting.set(id, { resolve, reject });
    });
  }

  #fail(why: string, cause?: unknown): void {
    if (this.#closing || this.#failure) return;
    this.#failure = new TrainError(
      'ENGINE_FAILED',
      `The frozen part of the network failed: ${why}. What is cached already is kept; the next run goes on from there.`,
      { cause },
    );
    this.#refuseAll();
  }

  #refuseAll(): void {
    for (const { waiting } of this.#workers) {
      for (const { reject } of waiting.values()) reject(this.#failure!);
      waiting.clear();
    }
    for (const go of this.#free.splice(0)) go();
  }
}
