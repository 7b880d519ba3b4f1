/**
 * @file `npm run bench -- serve [--seconds S] [--n 1e6] [--overload S] [--soak MIN] [--threads N] [--model DIR]
 * [--case TEXT]`: the
 * service under load, over real HTTP on loopback.
 *
 * `dqn serve` runs in a process of its own, the load comes from another one (serve/load.mjs: an open loop with a fixed
 * arrival rate, or a closed one with so many connections where throughput is wanted), and the peers take turns with it.
 * Parts:
 * - `images`: image → hits against a bare loop over session.run with the same model, threads and batch; then the latency
 *   at 70 % of the throughput against that of a single request on an idle service.
 * - `vectors`: vector → hits on a million codes of M = 4, k = 10, against Faiss IndexPQ behind FastAPI and uvicorn.
 * - `adding`: items/s of bulk additions, durable, and the search's latency meanwhile and without.
 * - `overload`: three times the capacity; what was answered, the memory, and how long until all is as before.
 * - `soak`: half load with adds and removes; how much the memory grew from the first tenth to the last.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../needs.mjs';
import { addingRows } from './serve/adding.mjs';
import { imageRows } from './serve/images.mjs';
import { startLoader } from './serve/loader.mjs';
import { overloadRows } from './serve/overload.mjs';
import { soakRows } from './serve/soak.mjs';
import { vectorRows } from './serve/vectors.mjs';

const PARTS = {
  images: imageRows,
  vectors: vectorRows,
  adding: addingRows,
  overload: overloadRows,
  soak: soakRows,
};

export async function rows(say, options) {
  const result = [];
  const folder = await mkdtemp(join(cacheFolder(), 'bench-serve-'));
  const { load, close } = startLoader();
  const context = {
    ...options,
    threads: options.threads || Math.max(1, availableParallelism() >> 1),
    folder,
    load,
    say,
    add(row) {
      result.push(row);
      const { ours, unit, ratio, peer, met } = row;
      const against = ratio === null ? '' : `, ${ratio.toPrecision(3)} × ${peer}`;
      say(`${row.case}: ${ours.toPrecision(4)} ${unit}${against}${met === false ? '  (less than asked for)' : ''}`);
    },
  };
  try {
    for (const [name, part] of Object.entries(PARTS)) {
      if (name.includes(options.case)) await part(context);
    }
  } finally {
    close();
    await rm(folder, { recursive: true, force: true });
  }
  if (result.length === 0) throw new Error(`No part's name holds '${options.case}': ${Object.keys(PARTS).join(', ')}.`);
  return result;
}
