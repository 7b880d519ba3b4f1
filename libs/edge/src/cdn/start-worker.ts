/**
 * @file Starts the thread from a script of another origin, in the place of ../start-worker.ts: no worker may be started
 * from there, so its code travels as text inside this script and is started from a blob of the page's own.
 */

import code from './worker-code.ts';

/** A worker that knows where its ONNX Runtime lies: beside this script. */
export function startWorker(): Worker {
  const beside = JSON.stringify(new URL('.', import.meta.url).href);
  const blob = new Blob([`globalThis.dqnEdgeRuntime=${beside};\n`, code], { type: 'text/javascript' });
  const url = URL.createObjectURL(blob);
  const worker = new Worker(url, { type: 'module', name: 'dqn-edge' });
  // Once it speaks it has been read.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
