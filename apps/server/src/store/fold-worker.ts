/** @file Folds in a thread of its own: what it took goes with it. */
import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../give-way.ts';
import { nodeFiles } from './files.ts';
import { type FoldInput, fold } from './fold.ts';

giveWay();
fold(nodeFiles, workerData as FoldInput).then(
  (folded) => parentPort?.postMessage({ folded }),
  (error: Error & { code?: string }) =>
    parentPort?.postMessage({ error: { name: error.name, message: error.message, code: error.code } }),
);
