/** @file A session in a thread of its own, seen from the thread that serves. */

import { Worker } from 'node:worker_threads';
import type { SessionLike, TensorLike, ValueInfo } from '@dqn/runtime';
import { ServerError } from './errors.ts';
import type { Provider, Refusal } from './providers.ts';

/** What the thread is started with. */
export interface ThreadStart {
  readonly bytes: Uint8Array;
  readonly providers: readonly Provider[];
  readonly threads: number;
}

/** Messages to the thread. */
export type ToThread =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Readonly<Record<string, TensorLike>> }
  | { readonly kind: 'release' };

/** Messages from the thread. */
export type FromThread =
  | {
      readonly kind: 'ready';
      readonly provider: Provider;
      readonly refused: readonly Refusal[];
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      readonly inputMetadata: readonly ValueInfo[];
      readonly outputMetadata: readonly ValueInfo[];
    }
  | { readonly kind: 'failed'; readonly refused: readonly Refusal[] }
  | { readonly kind: 'result'; readonly id: number; readonly outputs: Readonly<Record<string, TensorLike>> }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'released' };

/** A session together with what became of the providers. */
export interface ThreadSession extends SessionLike {
  readonly provider: Provider;
  readonly refused: readonly Refusal[];
}

/** Node 20 loads no TypeScript in a worker, so the source tree uses the built entry too. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/session-worker.js' : './session-worker.js',
  import.meta.url,
);

/**
 * Loads a graph on the first of `providers` that starts.
 *
 * @throws ServerError `PROVIDER_UNAVAILABLE` when none does, with each one's reason
 */
export async function openSessionThread(start: ThreadStart): Promise<ThreadSession> {
  const worker = new Worker(ENTRY, { workerData: start, name: 'dqn-session' });
  const waiting = new Map<
    number,
    { resolve: (value: Record<string, TensorLike>) => void; reject: (e: Error) => void }
  >();
  let ended: ServerError | undefined;
  const end = (error: ServerError): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };

  const ready = await new Promise<Extract<FromThread, { kind: 'ready' }>>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'ready') resolve(message);
      else if (message.kind === 'failed') reject(noProvider(message.refused));
      else if (message.kind === 'result') take(waiting, message.id)?.resolve({ ...message.outputs });
      else if (message.kind === 'error') {
        take(waiting, message.id)?.reject(new ServerError('SESSION_FAILED', `ONNX Runtime failed: ${message.message}`));
      }
    });
    worker.on('error', (cause) => {
      const error = new ServerError('SESSION_FAILED', `The thread of ONNX Runtime failed: ${String(cause)}`, { cause });
      end(error);
      reject(error);
    });
    worker.on('exit', (code) => {
      const error = new ServerError('SESSION_FAILED', `The thread of ONNX Runtime ended with code ${code}.`);
      end(error);
      reject(error);
    });
  });
  // A forgotten session must not keep the process alive; a run that is waited for does.
  worker.unref();

  let nextId = 0;
  let released: Promise<void> | undefined;
  const post = (message: ToThread): void => worker.postMessage(message);
  return {
    ...ready,
    run(feeds) {
      if (ended) return Promise.reject(ended);
      if (released) return Promise.reject(new ServerError('CLOSED', 'This session was released; open it again.'));
      const id = nextId++;
      const plain: Record<string, TensorLike> = {};
      for (const [name, { type, data, dims }] of Object.entries(feeds)) plain[name] = { type, data, dims };
      if (waiting.size === 0) worker.ref();
      return new Promise<Record<string, TensorLike>>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        post({ kind: 'run', id, feeds: plain });
      }).finally(() => {
        if (waiting.size === 0) worker.unref();
      });
    },
    release() {
      if (ended) return Promise.resolve();
      released ??= new Promise<void>((resolve) => {
        worker.ref();
        worker.once('exit', () => resolve());
        post({ kind: 'release' });
      });
      return released;
    },
  };
}

function take<V>(map: Map<number, V>, id: number): V | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}

function noProvider(refused: readonly Refusal[]): ServerError {
  const why = refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  return new ServerError('PROVIDER_UNAVAILABLE', `No execution provider could load the graph. ${why}`);
}
