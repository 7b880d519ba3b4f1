/** @file A thread of ONNX Runtime, seen from the thread that serves. */
import { Worker } from 'node:worker_threads';
import { DataError, type DataErrorCode } from '@dqn/data';
import { type RuntimeCode, RuntimeError } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import type { Refusal } from '../providers.ts';
import type { FromThread, Outputs, Pixels, Ready, Task, ThreadStart, ToThread } from './messages.ts';

/** Node 20 loads no TypeScript in a worker, so the source tree uses the built entry too. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/inference/worker.js' : './worker.js',
  import.meta.url,
);

/** The thread ended while it was wanted: nothing is known of the tasks that it had. */
export class ThreadEnded extends Error {}

interface Waiting {
  resolve(result: Outputs | Pixels): void;
  reject(error: Error): void;
}

/** A thread that runs, and then ends: {@link KeptThread} puts another in its place. */
export class Thread {
  readonly ready: Ready;
  /** Resolves when the thread ends by itself, with the reason. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #end: ThreadEnded | undefined;
  #nextId = 0;
  #released: Promise<void> | undefined;

  private constructor(worker: Worker, ready: Ready) {
    this.#worker = worker;
    this.ready = ready;
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.#end) return;
        this.#end = new ThreadEnded(reason);
        for (const { reject } of this.#waiting.values()) reject(this.#end);
        this.#waiting.clear();
        if (!this.#released) resolve(reason);
      };
      worker.on('error', (cause) => end(String(cause)));
      worker.on('exit', (code) => end(`it ended with code ${code}`));
    });
    worker.on('message', (message: FromThread) => this.#hear(message));
    // A forgotten session must not keep the process alive; a task that is waited for does.
    worker.unref();
  }

  /**
   * Loads a graph on the first of `providers` that starts.
   *
   * @throws ServerError `PROVIDER_UNAVAILABLE` when none does, with each one's reason; `SESSION_FAILED`
   */
  static async start(start: ThreadStart): Promise<Thread> {
    const worker = new Worker(ENTRY, { workerData: start, name: 'dqn-session', execArgv: [] });
    return new Promise<Thread>((resolve, reject) => {
      const failed = (reason: string, cause?: unknown): void =>
        reject(new ServerError('SESSION_FAILED', `The thread of ONNX Runtime didn't start: ${reason}`, { cause }));
      worker.once('error', (cause) => failed(String(cause), cause));
      worker.once('exit', (code) => failed(`it ended with code ${code}`));
      worker.once('message', (message: FromThread) => {
        if (message.kind === 'ready') resolve(new Thread(worker, message));
        else reject(noProvider(message.kind === 'failed' ? message.refused : []));
      });
    });
  }

  /**
   * @throws ThreadEnded when the thread does; ServerError `SESSION_FAILED`, `CLOSED`; DataError or RuntimeError of the
   * picture
   */
  ask(task: Task, transfer: readonly ArrayBuffer[] = []): Promise<Outputs | Pixels> {
    if (this.#end) return Promise.reject(this.#end);
    if (this.#released) return Promise.reject(closed());
    const id = this.#nextId++;
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise<Outputs | Pixels>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ kind: 'task', id, task } satisfies ToThread, transfer);
    }).finally(() => {
      if (this.#waiting.size === 0 && !this.#released) this.#worker.unref();
    });
  }

  /** Ends the thread after the tasks that it has. */
  release(): Promise<void> {
    if (this.#end) return Promise.resolve();
    this.#released ??= new Promise<void>((resolve) => {
      this.#worker.ref();
      this.#worker.once('exit', () => resolve());
      this.#worker.postMessage({ kind: 'release' } satisfies ToThread);
    });
    return this.#released;
  }

  /** Ends the thread at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: FromThread): void {
    if (message.kind !== 'done' && message.kind !== 'error') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.result);
    else waiting?.reject(errorOf(message.code, message.message));
  }
}

/** What using a session after its release gives. */
export function closed(): ServerError {
  return new ServerError('CLOSED', 'This session was released; open it again.');
}

/** Errors lose their class on the way between threads. */
function errorOf(code: string | undefined, message: string): Error {
  if (code === 'UNREADABLE_PICTURE' || code === 'PICTURE_TOO_LARGE')
    return new DataError(code as DataErrorCode, message);
  if (code === 'BAD_PICTURE') return new RuntimeError(code as RuntimeCode, message);
  return new ServerError('SESSION_FAILED', `ONNX Runtime failed: ${message}`);
}

function noProvider(refused: readonly Refusal[]): ServerError {
  const why = refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  return new ServerError('PROVIDER_UNAVAILABLE', `No execution provider could load the graph. ${why}`);
}
