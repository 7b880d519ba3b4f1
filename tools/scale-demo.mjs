/**
 * @file `node tools/scale-demo.mjs [--data cifar10] [--model models/cifar10-32bit] [--queries 500] [--k 100]`: a gallery over
 * two shards, shown and checked from one end to the other on this machine.
 *
 * Two ClickHouse servers and a Redis are started on loopback (Debian's packages). The pictures are encoded through the
 * queue by two workers, one of which is killed on the way, and the same pictures by `dqn index` into a local gallery.
 * Then the service answers queries from the shards, and every answer is held against the local gallery: the same ids and
 * distances, ties by id. A shard is killed: the answer is an error that names it. It comes back: the answers are the
 * same as before. What was started is ended. Exit code 1 and a line for everything that was not as it has to be.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset, protocol } from '@dqn/data';
import { MODEL_FILES, readCodebook } from '@dqn/format';
import { createRetriever } from '@dqn/server';
import { startCluster } from './cluster.mjs';
import { Processes } from './scale/processes.mjs';
import { difference, openReference } from './scale/reference.mjs';
import { tellUsage } from './usage.mjs';
import { ROOT } from './workspace.mjs';

tellUsage(import.meta.filename);

const { openQueue, queueStatus } = await import(new URL('../apps/trainer/dist/queue/index.js', import.meta.url).href);

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: 'cifar10' },
    model: { type: 'string', default: join(ROOT, 'models/cifar10-32bit') },
    queries: { type: 'string', default: '500' },
    k: { type: 'string', default: '100' },
  },
});
const k = Number(flags.k);
const { model, data } = flags;
/** Searches at a time. */
const CLIENTS = 4;

const began = performance.now();
const tell = (text) =>
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
const failures = [];
const hold = (isRight, text) => {
  if (isRight) tell(text);
  else {
    failures.push(text);
    tell(`NOT SO: ${text}`);
  }
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const folder = await mkdtemp(join(tmpdir(), 'dqn-scale-demo-'));
const processes = new Processes();
let cluster;

const complaintOf = ({ code, signal, complaint }) => `(${code ?? signal}): ${complaint}`;

/** Both ways into a gallery; returns the local gallery's path. */
async function encodeTwice(queue, store) {
  const local = join(folder, 'local.gallery');
  const common = [model, data, '--no-thumbnails', '--quiet'];
  const one = await processes.run('index', ...common, '--out', local, '--provider', 'cpu');
  tell(`dqn index: ${one.count} pictures in a local gallery, by this machine alone`);

  const worker = () =>
    processes.start('worker', model, '--queue', queue, '--store', store, '--provider', 'cpu', '--quiet');
  const workers = [worker(), worker()];
  const run = processes.start('index', ...common, '--queue', queue);
  const seen = await openQueue(queue);
  for (let done = false; !done; await wait(20)) {
    const [first] = (await queueStatus(seen)).runs;
    done = first !== undefined && (first.done >= one.count / 4 || first.state !== 'running');
  }
  workers[0].child.kill('SIGKILL');
  await workers[0].ended;
  tell('a worker is killed (SIGKILL), with what it had in hand; another takes its place');
  workers.push(worker());
  const ended = await run.json();
  const { code } = await run.ended;
  const same = code === 0 && ended.count === one.count && ended.poison === 0;
  hold(same, `dqn index --queue: ${ended.count} pictures through the queue, ${Math.round(ended.perSecond)} a second`);
  // One that is still starting can't be asked yet; one that ended is told of below.
  const left = workers.slice(1);
  const isUp = async () => Object.values((await queueStatus(seen)).workers).some((count) => count >= left.length);
  while (left.every(({ child }) => (child.exitCode ?? child.signalCode) === null) && !(await isUp())) await wait(50);
  await seen.close();
  for (const { child } of left) child.kill('SIGTERM');
  const ends = await Promise.all(left.map(({ ended }) => ended));
  const ill = ends.find(({ code }) => code !== 0);
  hold(!ill, `the workers end well when they are asked to ${ill ? complaintOf(ill) : ''}`);
  return local;
}

/** Queries: pictures that the gallery doesn't hold, where the data set has such; else its own. */
async function queryVectors() {
  const { training } = readCodebook(await readFile(join(model, MODEL_FILES.codebook)));
  const dataset = await openDataset(data, { labelsOptional: true });
  const rows =
    data === training.data
      ? protocol(training.protocol, dataset, training.seed).query
      : Uint32Array.from({ length: dataset.length }, (_, row) => row);
  const pictures = [];
  for (const row of rows.subarray(0, Number(flags.queries))) pictures.push(await dataset.read(row));
  dataset.close?.();
  const retriever = await createRetriever({ model, provider: 'cpu' });
  const { D } = retriever.model.codebook;
  const all = await retriever.embed(pictures);
  await retriever.close();
  return pictures.map((_, i) => all.slice(i * D, (i + 1) * D));
}

const search = (url, vector, more = {}) =>
  fetch(`${url}v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ vector: [...vector], k, ...more }),
  });

/** Asks all queries; gives what was different, and each one's milliseconds. */
async function askAll(url, vectors, expected) {
  const wrong = [];
  const times = [];
  let next = 0;
  const client = async () => {
    while (next < vectors.length) {
      const i = next++;
      const start = performance.now();
      const reply = await search(url, vectors[i]);
      const { hits, code, detail } = await reply.json();
      times.push(performance.now() - start);
      const what = reply.ok ? difference(hits, expected[i]) : `${code}: ${detail}`;
      if (what) wrong.push(`query ${i}: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { wrong, times: times.sort((a, b) => a - b) };
}

try {
  cluster = await startCluster({ at: folder });
  const [one, other] = cluster.shards;
  tell(`two ClickHouse servers (${one.url}, ${other.url}) and Redis (${cluster.redis.url}) run`);
  const hosts = cluster.shards.map(({ url }) => new URL(url).host).join(',');
  const store = `clickhouse://${hosts}/gallery?cluster=${cluster.cluster}`;
  const local = await encodeTwice(`${cluster.redis.url}/0`, store);

  const reference = await openReference(local, await readFile(join(model, MODEL_FILES.codebook)));
  const service = processes.start('serve', '--store', store, '--model', model, '--port', '0', '--provider', 'cpu');
  const { url } = await service.json();
  while (!(await fetch(`${url}readyz`)).ok) await wait(50);
  const { gallery } = await (await fetch(`${url}v1/info`)).json();
  hold(
    gallery.count === reference.count,
    `the service counts ${gallery.count} items, the local gallery ${reference.count}`,
  );

  const vectors = await queryVectors();
  const expected = vectors.map((vector) => reference.nearest(vector, k));
  const first = await askAll(url, vectors, expected);
  const at = (share) => first.times[Math.floor(share * (first.times.length - 1))].toFixed(0);
  hold(
    first.wrong.length === 0,
    `the top ${k} of ${vectors.length} queries: ${first.wrong.length} differ in an id or a distance (p50 ${at(0.5)} ms, p99 ${at(0.99)} ms) ${first.wrong[0] ?? ''}`,
  );

  await other.kill();
  const reply = await search(url, vectors[0]);
  const { code, detail } = await reply.json();
  const names = detail.includes(String(other.tcpPort)) || detail.includes(String(other.httpPort));
  hold(reply.status === 503 && names, `a shard is killed: ${reply.status} ${code}: ${detail}`);
  await other.start();
  const again = await askAll(url, vectors, expected);
  hold(
    again.wrong.length === 0,
    `it is back: ${again.wrong.length} of ${vectors.length} answers differ ${again.wrong[0] ?? ''}`,
  );
  service.child.kill('SIGTERM');
  const served = await service.ended;
  const isWell = served.code === 0;
  hold(isWell, `the service ends well when it is asked to ${isWell ? '' : complaintOf(served)}`);
} catch (error) {
  failures.push(error.message);
  tell(error.stack);
} finally {
  await processes.end();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
}
hold(!existsSync(folder), 'everything that was started has ended');
process.stdout.write(`${failures.length} failures\n`);
process.exit(failures.length > 0 ? 1 : 0);
