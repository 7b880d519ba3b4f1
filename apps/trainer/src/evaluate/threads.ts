/** @file The queries dealt out to worker threads: ranking is pure computation, and every core has the whole database. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { METRICS, type Measured, type MeasureOptions, type Metric, measure, Sum } from './measure.ts';

/** What a thread is given: its share of the queries, and a copy of the database (ONNX Runtime takes no shared memory). */
export type ThreadTask = Omit<MeasureOptions, 'signal' | 'onProgress'>;

/** What a thread says: how many of its queries are done, and at last what it measured. */
export type ThreadReport = { done: number } | { measured: Record<Metric, Measured> };

/** Node 20 loads no TypeScript in a worker: from the source, the built entry is taken. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/evaluate/measure-worker.js' : './measure-worker.js',
  import.meta.url,
);

/** Below this many pairs of a query and a row the threads' start costs more than it saves. */
const WORTH_THREADS = 4_000_000;

/**
 * {@link measure}, on several threads where it pays; the same figures on any number of them.
 *
 * @param threads default: one per core
 * @param worth pairs of a query and a row from which on threads are started
 */
export async function measureInThreads<T extends Metric = Metric>(
  options: MeasureOptions<T>,
  threads: number = availableParallelism(),
  worth: number = WORTH_THREADS,
): Promise<Record<T, Measured>> {
  const { D } = options.codebook;
  const queries = options.queries.length / D;
  const rows = options.database.length / D;
  const count = Math.min(threads, queries);
  if (count < 2 || queries * rows < worth) return measure(options);

  const { signal, onProgress, ...task } = options;
  const done = new Array<number>(count).fill(0);
  const parts = Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((share) => Math.round((share * queries) / count));
    const part: ThreadTask = {
      ...task,
      queries: options.queries.slice(from * D, to * D),
      queryLabels: options.queryLabels.slice(from, to),
    };
    return runThread(part, signal, (finished) => {
      done[i] = finished;
      onProgress?.(
        done.reduce((sum, value) => sum + value, 0),
        queries,
      );
    });
  });
  const measured = await Promise.all(parts);
  return Object.fromEntries(
    (options.metrics ?? METRICS).map((metric) => {
      const sum = new Sum();
      for (const part of measured) sum.add(part[metric]);
      return [metric, sum.mean()];
    }),
  ) as Record<T, Measured>;
}

/** One thread from start to end; an abort ends it at its next look at its messages. */
function runThread(
  task: ThreadTask,
  signal: AbortSignal,
  onDone: (queries: number) => void,
): Promise<Record<Metric, Measured>> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Without the parent's options: a test runner's conditions would send the thread to TypeScript sources.
    const worker = new Worker(ENTRY, { workerData: task, name: 'dqn-measure', execArgv: [] });
    // Not terminate(): a thread that is ended inside ONNX Runtime takes the process with it.
    const stop = (): void => worker.postMessage('stop');
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (report: ThreadReport) => {
      if ('done' in report) onDone(report.done);
      else resolve(report.measured);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', stop);
      reject(signal.aborted ? signal.reason : new Error(`a ranking thread ended early, with code ${code}`));
    });
  });
}
