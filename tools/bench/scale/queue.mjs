/** @file Encoding through the queue: two `dqn worker` on one Redis against two bare loops, in turn. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@dqn/pq';
import { buildNetwork, recipeFor } from '@dqn/train';
import { clusterIsMissing, startCluster } from '../../cluster.mjs';
import { Processes } from '../../scale/processes.mjs';
import { median } from '../interleave.mjs';
import { makeModel, picture } from '../made-model.mjs';

const SIZE = 64;
const WORKERS = 2;
const ROUNDS = 3;
/** Different pictures; the others are copies of them. */
const DIFFERENT = 250;
/** Share of the bare loops' speed that is asked for. */
const ASKED = 0.9;
const BARE = fileURLToPath(new URL('./bare.mjs', import.meta.url));
const QUEUE = new URL('../../../apps/trainer/dist/queue/index.js', import.meta.url).href;

async function makePictures(folder, count) {
  await mkdir(folder, { recursive: true });
  const random = createRandom(3);
  const file = (i) => join(folder, `${String(i).padStart(7, '0')}.png`);
  for (let i = 0; i < count; i++) {
    if (i < DIFFERENT) await writeFile(file(i), await picture(SIZE, random));
    else await cp(file(i % DIFFERENT), file(i));
  }
}

/** Pictures a second of bare loops that begin together. */
async function bareRate({ processes, model, pictures, count }) {
  const loops = Array.from({ length: WORKERS }, (_, i) => processes.startScript(BARE, model, pictures, i, WORKERS));
  await Promise.all(loops.map(({ json }) => json()));
  for (const { child } of loops) child.stdin.write('go\n');
  const times = await Promise.all(loops.map(({ json }) => json()));
  return (1000 * count) / Math.max(...times.map(({ ms }) => ms));
}

/** Waits until the workers have taken their places. */
async function workersAreThere(address) {
  const { openQueue, queueStatus } = await import(QUEUE);
  const queue = await openQueue(address);
  try {
    for (;;) {
      const { workers } = await queueStatus(queue);
      if (Object.values(workers).reduce((sum, one) => sum + one, 0) >= WORKERS) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await queue.close();
  }
}

/** Pictures a second from the first that is put into the queue to the last that is in the gallery. */
async function queueRate({ processes, model, pictures, count, queue, store }) {
  const where = ['--queue', queue, '--store', store, '--provider', 'cpu', '--quiet'];
  const workers = Array.from({ length: WORKERS }, () => processes.start('worker', model, ...where));
  const ended = Promise.race(workers.map((worker) => worker.ended.then(({ complaint }) => complaint)));
  const early = await Promise.race([workersAreThere(queue), ended]);
  if (early !== undefined) throw new Error(`a worker ended:\n${early}`);
  const {
    count: done,
    poison,
    seconds,
  } = await processes.run(...['index', model, pictures, '--queue', queue, '--no-thumbnails', '--quiet']);
  if (done !== count || poison > 0) throw new Error(`${done} of ${count} pictures were encoded, ${poison} can't be`);
  for (const { child } of workers) child.kill('SIGTERM');
  await Promise.all(workers.map((worker) => worker.ended));
  return count / seconds;
}

export async function queueRows({ pictures: count, wanted, say, add, folder }) {
  const name = `queue, ${WORKERS} workers`;
  if (!wanted(name) || clusterIsMissing('bench scale, queue')) return;
  const graph = buildNetwork(recipeFor('fast', { size: SIZE }), { seed: 1 });
  const { model } = await makeModel(join(folder, 'queue'), graph, SIZE);
  const pictures = join(folder, 'pictures');
  await makePictures(pictures, count);
  const cluster = await startCluster({ shards: 1, at: folder });
  const processes = new Processes();
  const common = { processes, model, pictures, count };
  const store = `clickhouse://${new URL(cluster.shards[0].url).host}/bench`;
  try {
    const rates = { ours: [], bare: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push(await queueRate({ ...common, store, queue: `${cluster.redis.url}?queue=round-${round}` }));
      rates.bare.push(await bareRate(common));
      say(
        `queue, round ${round + 1}: ${rates.ours.at(-1).toFixed(0)} pictures/s; bare ${rates.bare.at(-1).toFixed(0)}`,
      );
    }
    const ratio = median(rates.ours.map((rate, i) => rate / rates.bare[i]));
    const row = { case: name, ours: median(rates.ours), unit: 'pictures/s' };
    add({
      ...row,
      peer: 'two bare loops',
      theirs: median(rates.bare),
      ratio,
      asked: `${ASKED} ×`,
      met: ratio >= ASKED,
    });
  } finally {
    await processes.end();
    await cluster.stop();
  }
}
