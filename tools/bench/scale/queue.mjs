/** @file Encoding through the queue: two `dqn worker` on one Redis against two bare loops, in turn. */
import { spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@dqn/pq';
import { buildNetwork, recipeFor } from '@dqn/train';
import { clusterIsMissing, startCluster } from '../../cluster.mjs';
import { ROOT } from '../../workspace.mjs';
import { median } from '../interleave.mjs';
import { makeModel, picture } from '../made-model.mjs';

const SIZE = 64;
const WORKERS = 2;
const ROUNDS = 3;
/** Different pictures; the others are copies of them. */
const DIFFERENT = 250;
const DQN = join(ROOT, 'apps/trainer/bin/dqn.js');
const BARE = fileURLToPath(new URL('./bare.mjs', import.meta.url));

/** A process of ours: its lines, what it complained of, and its end. */
function start(args, children) {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise((resolve) => child.once('close', resolve));
  children.add(child);
  ended.then(() => children.delete(child));
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${args.join(' ')} ended:\n${complaint}`);
    return value;
  };
  return { child, line, ended };
}

/** Pictures a second of bare loops that begin together. */
async function bareRate(model, pictures, count, children) {
  const loops = Array.from({ length: WORKERS }, (_, i) =>
    start([BARE, model, pictures, i, WORKERS].map(String), children),
  );
  await Promise.all(loops.map(({ line }) => line()));
  for (const { child } of loops) child.stdin.write('go\n');
  const times = await Promise.all(loops.map(async ({ line }) => Number(await line())));
  return (1000 * count) / Math.max(...times);
}

export async function queueRows({ pictures: count, wanted, say, add, folder }) {
  const name = `queue, ${WORKERS} workers`;
  if (!wanted(name) || clusterIsMissing('bench scale, queue')) return;
  const graph = buildNetwork(recipeFor('fast', { size: SIZE }), { seed: 1 });
  const { model } = await makeModel(join(folder, 'queue'), graph, SIZE);
  const pictures = join(folder, 'pictures');
  await mkdir(pictures, { recursive: true });
  const random = createRandom(3);
  for (let i = 0; i < count; i++) {
    const file = join(pictures, `${String(i).padStart(7, '0')}.png`);
    if (i < DIFFERENT) await writeFile(file, await picture(SIZE, random));
    else await cp(join(pictures, `${String(i % DIFFERENT).padStart(7, '0')}.png`), file);
  }
  const cluster = await startCluster({ shards: 1, at: folder });
  const children = new Set();
  try {
    const rates = { ours: [], bare: [] };
    const store = `clickhouse://${new URL(cluster.shards[0].url).host}/bench`;
    for (let round = 0; round < ROUNDS; round++) {
      const queue = `${cluster.redis.url}?queue=round-${round}`;
      const workers = Array.from({ length: WORKERS }, () =>
        start(
          [DQN, 'worker', model, '--queue', queue, '--store', store, '--provider', 'cpu', '--quiet', '--json'],
          children,
        ),
      );
      // They say nothing before the end: the queue says when they are there.
      await waitFor(async () => Object.values((await status(queue, children)).workers)[0] === WORKERS);
      const index = start(
        [DQN, 'index', model, pictures, '--queue', queue, '--no-thumbnails', '--quiet', '--json'],
        children,
      );
      const { count: done, seconds, poison } = JSON.parse(await index.line());
      if (done !== count || poison > 0) throw new Error(`${done} of ${count} pictures were encoded`);
      await index.ended;
      for (const { child } of workers) child.kill('SIGTERM');
      await Promise.all(workers.map(({ ended }) => ended));
      rates.ours.push(count / seconds);
      rates.bare.push(await bareRate(model, pictures, count, children));
      say(
        `queue, round ${round + 1}: ${rates.ours.at(-1).toFixed(0)} pictures/s; bare ${rates.bare.at(-1).toFixed(0)}`,
      );
    }
    const ratio = median(rates.ours.map((rate, i) => rate / rates.bare[i]));
    const row = { case: name, ours: median(rates.ours), unit: 'pictures/s' };
    add({ ...row, peer: 'two bare loops', theirs: median(rates.bare), ratio, asked: '0.9 ×', met: ratio >= 0.9 });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await cluster.stop();
  }
}

async function status(queue, children) {
  const asked = start([DQN, 'queue', 'status', '--queue', queue, '--json'], children);
  const answer = JSON.parse(await asked.line());
  await asked.ended;
  return answer;
}

async function waitFor(condition) {
  for (let i = 0; i < 120; i++) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the workers are not there after a minute');
}
