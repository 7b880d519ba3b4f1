/** @file The thread that reads lines. Loaded by line-thread.ts from the built package; answers blocks in their order. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Codebook } from '@dqn/pq';
import { giveWay } from '../give-way.ts';
import { type Lines, readLines } from './lines.ts';

/** What a block holds, or why it can't be told. */
export type FromLineThread = Lines | { readonly failed: string };

const port = parentPort!;
const codebook = workerData as Codebook;
giveWay();

port.on('message', (block: Uint8Array<ArrayBuffer>) => {
  try {
    const read = readLines(block, codebook);
    const pictures = read.lines.flatMap(({ image }) => (image ? [image.buffer as ArrayBuffer] : []));
    port.postMessage(read satisfies FromLineThread, [read.codes.buffer, ...pictures]);
  } catch (error) {
    port.postMessage({ failed: String(error) } satisfies FromLineThread);
  }
});
