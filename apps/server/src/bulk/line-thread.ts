/** @file The thread that reads lines, seen from the one that serves. It is started when the first stream comes. */
import { Worker } from 'node:worker_threads';
import type { Codebook } from '@dqn/pq';
import { ServerError } from '../errors.ts';
import type { FromLineThread } from './line-worker.ts';
import type { Lines } from './lines.ts';

/** Node 20 loads no TypeScript in a worker, so the source tree uses the built entry too. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/bulk/line-worker.js' : './line-worker.js',
  import.meta.url,
);

interface Waiting {
  resolve(lines: Lines): void;
  reject(error: Error): void;
}

/** Reads blocks of lines, those of all streams one after the other. */
export class LineThread {
  readonly #codebook: Codebook;
  #worker: Worker | undefined;
  /** In the order of their blocks. */
  #waiting: Waiting[] = [];

  constructor({ M, K, D, codewords }: Codebook) {
    this.#codebook = { M, K, D, codewords };
  }

  /**
   * @param block whole lines; its memory is handed over
   * @throws ServerError `UNAVAILABLE` where the thread ended: the next block gets a new one; `INTERNAL`
   */
  read(block: Uint8Array<ArrayBuffer>): Promise<Lines> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.ref();
      worker.postMessage(block, [block.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, { workerData: this.#codebook, name: 'dqn-lines', execArgv: [] });
    const end = (reason: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const lost = this.#waiting;
      this.#waiting = [];
      for (const { reject } of lost) {
        reject(new ServerError('UNAVAILABLE', `The thread that reads lines ended: ${reason}. Try again.`));
      }
    };
    worker.on('error', (cause) => end(String(cause)));
    worker.on('exit', (code) => end(`code ${code}`));
    worker.on('message', (answer: FromLineThread) => {
      const { resolve, reject } = this.#waiting.shift()!;
      // A thread that nobody waits for doesn't keep the process alive.
      if (this.#waiting.length === 0) worker.unref();
      if ('failed' in answer) reject(new ServerError('INTERNAL', `Lines can't be read: ${answer.failed}`));
      else resolve(answer);
    });
    worker.unref();
    return worker;
  }
}
