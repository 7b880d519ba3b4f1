/**
 * @file `npm run bench -- scale [--n 1e6,1e7] [--servers 1e7] [--pictures 8000] [--case TEXT] [--save FILE]`: galleries in
 * ClickHouse and encoding through the queue.
 *
 * - `pruned 10M k=10`: the store in this process (npm's chdb) against a plain scan of the same table by the same engine,
 *   against our own index in memory, and against Faiss. All take each query in turn, and every answer of the store is
 *   held against the scan, to the last digit. `--n 1e8` is asked for by name.
 * - `servers 10M k=10 …`: two of Debian's clickhouse-server on loopback with a Distributed table, alone and while items
 *   are inserted.
 * - `queue …`: pictures through Redis and two `dqn worker`, against two bare loops that encode.
 *
 * The data set is `hard`, M = 4 (see search/data.mjs).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../needs.mjs';
import { embeddedRows } from './scale/embedded.mjs';
import { queueRows } from './scale/queue.mjs';
import { serverRows } from './scale/servers.mjs';

const PARTS = [embeddedRows, serverRows, queueRows];

export async function rows(say, options) {
  const result = [];
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'bench-scale-'));
  const context = {
    ...options,
    folder,
    say,
    wanted: (name) => name.includes(options.case),
    add(row) {
      result.push(row);
      const { ours, unit, ratio, peer, met } = row;
      const against = ratio === null ? '' : `, ${ratio.toPrecision(3)} × ${peer}`;
      say(`${row.case}: ${ours.toPrecision(4)} ${unit}${against}${met === false ? '  (less than asked for)' : ''}`);
    },
  };
  let figures;
  try {
    for (const part of PARTS) figures = (await part(context)) ?? figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (options.save && figures) {
    await mkdir(dirname(options.save), { recursive: true });
    await writeFile(options.save, `${JSON.stringify(figures)}\n`);
  }
  if (result.length === 0) throw new Error(`No row's case holds '${options.case}'.`);
  return result;
}
