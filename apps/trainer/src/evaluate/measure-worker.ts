/** @file A thread that ranks the database for its share of the queries, until it is done or told to stop. */
import { parentPort, workerData } from 'node:worker_threads';
import { measure } from './measure.ts';
import type { ThreadReport, ThreadTask } from './threads.ts';

const port = parentPort!;
const say = (report: ThreadReport): void => port.postMessage(report);
const controller = new AbortController();
const { signal } = controller;
port.on('message', () => controller.abort());

try {
  const measured = await measure({
    ...(workerData as ThreadTask),
    signal,
    threads: 1,
    onProgress: (done) => say({ done }),
  });
  say({ measured });
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  port.close();
}
