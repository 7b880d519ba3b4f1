/**
 * @file Worker threads of Node and of a page behind one face. The page's worker is named in the one form that bundlers
 * find by reading.
 */
import { builtin } from './builtin.ts';

/** A thread, from the outside. */
export interface Thread {
  post(message: unknown, transfer?: readonly object[]): void;
  /** Whether the process waits for this thread before it ends; a page never asks. */
  hold(busy: boolean): void;
  end(): void;
}

/** What a thread tells. */
export interface ThreadEvents {
  onMessage(message: unknown): void;
  /** It ended by itself or never began; may be told more than once. */
  onEnd(cause: Error): void;
}

/** Node's `Worker`, as far as it is used. */
interface NodeWorker {
  on(event: 'message', listener: (message: unknown) => void): void;
  on(event: 'error' | 'messageerror', listener: (error: Error) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  postMessage(message: unknown, transfer?: readonly object[]): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface NodeThreads {
  Worker: new (entry: object, options: { name: string; execArgv: readonly string[] }) => NodeWorker;
  readonly parentPort: Pick<NodeWorker, 'on' | 'postMessage'> | null;
}

/** A page's `Worker`, and what a worker of a page has of its own: both post and listen. */
interface WebPort {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: { readonly message?: string }) => void): void;
  postMessage(message: unknown, transfer?: readonly object[]): void;
}

declare const Worker: {
  new (entry: object, options: { type: 'module'; name: string }): WebPort & { terminate(): void };
};
declare const URL: { new (path: string, base: string): object };
declare global {
  interface ImportMeta {
    url: string;
  }
}

const scope = globalThis as unknown as Partial<WebPort> & { readonly Worker?: unknown };

/**
 * Starts a thread that runs ./worker.ts; undefined where there are no threads.
 *
 * @param entry another module to run, in Node
 */
export function startThread(events: ThreadEvents, entry?: object): Thread | undefined {
  const node = builtin<NodeThreads>('node:worker_threads');
  if (node !== undefined) return startNodeThread(node, events, entry ?? nodeEntry());
  if (typeof scope.Worker !== 'function') return undefined;
  try {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'dqn-pq' });
    worker.addEventListener('message', ({ data }) => events.onMessage(data));
    worker.addEventListener('error', ({ message }) => events.onEnd(new Error(message ?? 'it could not be loaded')));
    worker.addEventListener('messageerror', () => events.onEnd(new Error('a message could not be read')));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer ?? []),
      hold: () => {},
      end: () => worker.terminate(),
    };
  } catch {
    // A Content-Security-Policy, or a script from another origin.
    return undefined;
  }
}

/** Node 20 loads no TypeScript in a worker, so the source tree uses the built entry too. */
function nodeEntry(): object {
  const here = import.meta.url;
  return new URL(here.endsWith('.ts') ? '../../dist/threads/worker.js' : 'worker.js', here);
}

function startNodeThread(node: NodeThreads, events: ThreadEvents, entry: object): Thread {
  const worker = new node.Worker(entry, { name: 'dqn-pq', execArgv: [] });
  worker.on('message', events.onMessage);
  worker.on('error', events.onEnd);
  worker.on('messageerror', events.onEnd);
  worker.on('exit', (code) => events.onEnd(new Error(`it ended with code ${code}`)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer ?? []),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

/**
 * From the inside of a thread: listens to who started it.
 *
 * @returns how to answer
 */
export function listen(onMessage: (message: unknown) => void): (message: unknown, transfer: readonly object[]) => void {
  const port = builtin<NodeThreads>('node:worker_threads')?.parentPort;
  if (port) {
    port.on('message', onMessage);
    return (message, transfer) => port.postMessage(message, transfer);
  }
  const web = scope as WebPort;
  web.addEventListener('message', ({ data }) => onMessage(data));
  return (message, transfer) => web.postMessage(message, transfer);
}
