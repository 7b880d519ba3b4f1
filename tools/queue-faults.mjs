/**
 * @file `node tools/queue-faults.mjs`: what is left of a run through the queue whose workers are killed all the time, whose
 * Redis is killed and started again in the middle of it, and whose gallery is away for a while.
 *
 * Made-up pictures go through Redis to two workers and over HTTP into a gallery; beside it `dqn index` makes a gallery of
 * them on its own. At the end both have to hold the same: each picture once, the same codes, labels and thumbnails.
 *
 *   node tools/queue-faults.mjs [--pictures 10000] [--batch 1] [--kills 50] [--seed 1] [--keep]
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openGallery } from '@dqn/format';
import { fileSource } from '@dqn/format/node';
import { createRandom } from '@dqn/pq';
import sharp from 'sharp';
import { openQueue, queueStatus } from '../apps/trainer/dist/queue/index.js';
import { startCluster } from './cluster.mjs';

const { values: flags } = parseArgs({
  options: {
    pictures: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '1' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const [pictures, kills] = [Number(flags.pictures), Number(flags.kills)];
const jobs = Math.ceil(pictures / Number(flags.batch));
const here = import.meta.dirname;
const model = join(here, '..', 'models', 'cifar10-32bit');
const folder = await mkdtemp(join(tmpdir(), 'dqn-queue-'));
const images = join(folder, 'images');
const random = createRandom(Number(flags.seed));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Every process that runs, to be ended with this one. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Runs a script; `said` resolves with the match once its output matches, `done` with its exit. */
function run(script, args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  let listeners = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += data;
      listeners = listeners.filter((listen) => !listen());
    });
  }
  const done = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, text });
    });
  });
  const said = (pattern) =>
    new Promise((resolve, reject) => {
      const listen = () => {
        const match = pattern.exec(text);
        if (match) resolve(match);
        return match !== null;
      };
      if (!listen()) listeners.push(listen);
      done.then(({ code }) => reject(new Error(`${script} ended with ${code}: ${text}`)));
    });
  const kill = (signal = 'SIGKILL') => {
    child.kill(signal);
    return done;
  };
  return { done, said, kill };
}

const dqn = (...args) => run(join(here, '..', 'apps', 'trainer', 'bin', 'dqn.js'), args);

/** Two-coloured noise of 32 × 32 pixels, in three folders. */
async function makePictures() {
  for (let i = 0; i < 3; i++) await mkdir(join(images, `class ${i}`), { recursive: true });
  for (let i = 0; i < pictures; i++) {
    const edge = random.integer(32);
    const colours = Array.from({ length: 6 }, () => random.integer(200));
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => {
      const isLeft = Math.floor(at / 3) % 32 < edge;
      return colours[(at % 3) + (isLeft ? 0 : 3)] + random.integer(56);
    });
    const file = await sharp(data, { raw: { width: 32, height: 32, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    await writeFile(join(images, `class ${i % 3}`, `${i}.png`), file);
  }
}

async function serve(port) {
  const args = ['--create', 'string', '--model', model, '--provider', 'cpu', '--port', String(port), '--json'];
  const service = dqn('serve', join(folder, 'live.gallery'), ...args);
  const [, url, bound] = await service.said(/"url":"([^"]+?)\/?","port":(\d+)/);
  return { ...service, url, port: Number(bound) };
}

/** What a gallery holds, by id. */
async function contents(path) {
  const gallery = await openGallery(await fileSource(path));
  const [items, codes] = [await gallery.items({}), await gallery.codes()];
  const { M, classes } = gallery.meta;
  const all = new Map();
  for (const [row, { id, labels, thumbnail }] of items.entries()) {
    const names = labels.map((label) => classes[label]).join(';');
    const text = `${Buffer.from(codes.subarray(row * M, (row + 1) * M)).toString('hex')} ${names} ${Buffer.from(thumbnail).toString('base64')}`;
    all.set(String(id), [...(all.get(String(id)) ?? []), text]);
  }
  await gallery.close();
  return all;
}

const began = performance.now();
const counts = { kills: 0, 'taken over': 0 };
await makePictures();
const alone = dqn('index', model, images, '--out', join(folder, 'alone.gallery'), '--provider', 'cpu', '--quiet');
const { code: indexed, text: why } = await alone.done;
if (indexed !== 0) throw new Error(`dqn index ended with ${indexed}: ${why}`);

const cluster = await startCluster({ shards: 0 });
let service = await serve(0);
const { url: store } = service;
const address = `${cluster.redis.url}?queue=faults`;
const indexing = dqn('index', model, images, '--queue', address, '--batch', flags.batch, '--json');
await indexing.said(/Run /);
let isOver = false;

/** Pictures of the run that are dealt with. */
let done = 0;
async function watch() {
  const queue = await openQueue(address);
  for (; !isOver; await wait(50)) done = (await queueStatus(queue)).runs[0]?.done ?? 0;
  await queue.close();
}

async function reached(share) {
  while (done < share * pictures && !isOver) await wait(20);
}

/** Keeps one worker at work, killing it at random moments; the kills are spread over nine tenths of the run. */
async function slot() {
  while (!isOver) {
    const worker = run(join(here, 'queue-faults', 'worker.mjs'), [model, address, store]);
    const isReady = await worker.said(/ready/).then(
      () => true,
      () => false,
    );
    // While the gallery is away, one can't begin.
    if (!isReady) {
      await wait(200);
      continue;
    }
    await wait(random.integer(500));
    while (!isOver && (counts.kills >= kills || done < (0.9 * pictures * counts.kills) / kills)) await wait(20);
    const isKilled = !isOver;
    if (isKilled) counts.kills++;
    const ended = await worker.kill(isKilled ? 'SIGKILL' : 'SIGTERM');
    counts['taken over'] += ended.text.split('taken-over').length - 1;
    if (!isKilled && ended.code !== 0)
      throw new Error(`a worker that was stopped ended with ${ended.code}: ${ended.text}`);
  }
}

async function trouble() {
  await reached(0.3);
  await cluster.redis.kill();
  await wait(500);
  await cluster.redis.start();
  await reached(0.6);
  await service.kill();
  await wait(1500);
  service = await serve(service.port);
}

const around = Promise.all([slot(), slot(), trouble(), watch()]);
const ended = await Promise.race([indexing.done, around.then(() => indexing.done)]);
isOver = true;
await around;
if (ended.code !== 0) throw new Error(`dqn index --queue ended with ${ended.code}: ${ended.text}`);
const { poison } = JSON.parse(
  ended.text
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('{')),
);

const snapshot = join(folder, 'snapshot.gallery');
await writeFile(snapshot, Buffer.from(await (await fetch(`${store}/v1/snapshot`)).arrayBuffer()));
await service.kill('SIGTERM');
const [expected, found] = [await contents(join(folder, 'alone.gallery')), await contents(snapshot)];
const failures = [];
for (const [id, texts] of expected) {
  const there = found.get(id) ?? [];
  if (there.length !== 1) failures.push(`${id} is there ${there.length} times`);
  else if (there[0] !== texts[0]) failures.push(`${id} is ${there[0].slice(0, 40)}, expected ${texts[0].slice(0, 40)}`);
}
for (const id of found.keys()) if (!expected.has(id)) failures.push(`${id} is there and was never put`);
if (expected.size !== pictures) failures.push(`${expected.size} pictures were indexed, expected ${pictures}`);

for (const failure of failures.slice(0, 20)) console.log(`FAILED ${failure}`);
const seconds = Math.round((performance.now() - began) / 1000);
console.log(
  `${pictures} pictures in ${jobs} jobs, ${counts.kills} kills (${counts['taken over']} jobs taken over), Redis and the gallery ` +
    `killed once, in ${seconds} s: ${failures.length} differences, ${poison} in the list of those that can't be encoded`,
);
await cluster.stop();
if (!flags.keep) await rm(folder, { recursive: true });
process.exitCode = failures.length === 0 ? 0 : 1;
