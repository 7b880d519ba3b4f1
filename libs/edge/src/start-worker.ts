/** @file Starts the thread, in the one form that bundlers find by reading. */

/** A worker that runs ./worker.ts. */
export function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'dqn-edge' });
}
