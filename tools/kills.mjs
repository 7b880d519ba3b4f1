/**
 * @file `node tools/kills.mjs`: what is left of a gallery whose server is killed at random moments under writes.
 *
 * A process writes, removes and compacts without end and says what it begins and what was acknowledged; SIGKILL ends it.
 * Then the gallery is opened and held against what was said: every acknowledged write is there, with the same bytes,
 * nothing that was removed is, and of a write that was under way there is all or nothing. The next process goes on.
 *
 *   node tools/kills.mjs [--kills 1000] [--seed 1] [--longest 800] [--keep]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom, distances, lookupTable } from '@dqn/pq';
import { openStore } from '../apps/server/dist/store/local.js';
import { codeOf, idsOf, itemOf, LANES, makeCodebook, writeOf } from './kills/plan.mjs';

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    longest: { type: 'string', default: '800' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(flags.kills);
const seed = Number(flags.seed);

const folder = await mkdtemp(join(tmpdir(), 'dqn-kills-'));
const path = join(folder, 'a.gallery');
const random = createRandom(seed);
const book = makeCodebook();
/** What has to be there: ids and the serial numbers of what they hold. */
const model = new Map();
const steps = new Array(LANES).fill(0);
const counts = {
  acknowledged: 0,
  items: 0,
  'under way': 0,
  'of these there': 0,
  compacting: 0,
  compacted: 0,
  opening: 0,
  cut: 0,
};
const failures = [];
const began = performance.now();

/** What a process has said when its time to die begins to run; in a quarter of all cases it has compacted once. */
const UNTIL = { early: '', open: 'open\n', compacted: 'compacted\n' };

/** Lets a process write, kills it, and gives what it said. */
function writeAndKill(after, until) {
  return new Promise((resolve, reject) => {
    const writer = join(import.meta.dirname, 'kills', 'writer.mjs');
    const child = spawn(process.execPath, [writer, path, String(seed), ...steps.map(String)]);
    let said = '';
    let stderr = '';
    let isTimed = false;
    const kill = () => child.kill('SIGKILL');
    child.stdout.on('data', (data) => {
      said += data;
      if (isTimed || !said.includes(UNTIL[until])) return;
      isTimed = true;
      setTimeout(kill, after);
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(said.split('\n').slice(0, -1));
      else reject(new Error(`the writer ended by itself with ${code}: ${stderr}`));
    });
  });
}

function apply(write) {
  for (const [id, serial] of write.put ?? []) model.set(id, serial);
  for (const id of write.remove ?? []) model.delete(id);
}

/** What is not as it has to be for some ids, as texts. */
async function differences(store, ids) {
  const wrong = [];
  for (const id of ids) {
    const serial = model.get(id);
    const found = await store.get(id);
    if (found?.metadata?.serial !== serial) {
      wrong.push(`${id} holds ${found?.metadata?.serial}; expected ${serial}`);
      continue;
    }
    if (found === undefined) continue;
    const { code, labels, thumbnail } = itemOf([id, serial]);
    const same = Buffer.compare(found.code, code) === 0 && found.labels.join() === labels.join();
    const picture = await store.thumbnail(id);
    if (!same || Buffer.compare(picture ?? Buffer.of(), thumbnail ?? Buffer.of()) !== 0) {
      wrong.push(`${id} doesn't hold the bytes of ${serial}`);
    }
  }
  return wrong;
}

/** The store's nearest against a scan of the model. */
async function searchIsRight(store) {
  const { codebook } = book;
  const query = Float32Array.from({ length: codebook.D }, () => random.normal());
  const hits = await store.search(query, { k: 20 });
  const codes = Buffer.concat([...model.values()].map(codeOf));
  const all = distances(codes, lookupTable(codebook, query, 'aqd'), { M: codebook.M, K: codebook.K }).sort();
  return hits.length === Math.min(20, model.size) && hits.every(({ distance }, i) => distance === all[i]);
}

/** Holds what is there against what was said. */
async function check(lines, kill) {
  const underWay = [];
  for (let lane = 0; lane < LANES; lane++) {
    const done = lines.filter((line) => line.startsWith(`done ${lane} `)).length;
    for (let i = 0; i < done; i++) {
      const write = writeOf(seed, lane, steps[lane]++);
      counts.acknowledged++;
      counts.items += (write.put ?? write.remove).length;
      apply(write);
    }
    if (lines.includes(`begin ${lane} ${steps[lane]}`))
      underWay.push({ lane, write: writeOf(seed, lane, steps[lane]++) });
  }
  const isOpen = lines.includes('open');
  counts.compacted += lines.filter((line) => line === 'compacted').length;
  if (!isOpen) counts.opening++;
  if (lines.findLastIndex((line) => line.startsWith('compact')) === lines.lastIndexOf('compacting') && isOpen) {
    counts.compacting++;
  }
  counts['under way'] += underWay.length;
  const onEvent = ({ kind }) => {
    if (kind === 'cut') counts.cut++;
  };
  const store = await openStore(path, { ...book, create: { idKind: 'string' }, onEvent });
  try {
    for (const { write } of underWay) {
      const ids = (write.put ?? []).map(([id]) => id).concat(write.remove ?? []);
      const before = ids.map((id) => [id, model.get(id)]);
      if ((await differences(store, ids)).length === 0) continue;
      apply(write);
      const wrong = await differences(store, ids);
      if (wrong.length === 0) counts['of these there']++;
      else failures.push(`kill ${kill}: a write is there in part: ${wrong.join('; ')}; before: ${before.join('; ')}`);
    }
    const wrong = [];
    for (let lane = 0; lane < LANES; lane++) wrong.push(...(await differences(store, idsOf(lane))));
    if (store.count !== model.size) wrong.push(`there are ${store.count} items; expected ${model.size}`);
    if (!(await searchIsRight(store))) wrong.push('a search differs from a scan');
    if (wrong.length > 0) failures.push(`kill ${kill}: ${wrong.slice(0, 5).join('; ')}`);
    if (kill % 50 === 0) await store.verify();
  } finally {
    await store.close();
  }
  const left = (await readdir(folder)).filter((name) => name.endsWith('.part') || name.endsWith('.lock'));
  if (left.length > 0) failures.push(`kill ${kill}: left behind: ${left.join(', ')}`);
}

try {
  for (let kill = 1; kill <= kills && failures.length === 0; kill++) {
    const chance = random.next();
    const until = chance < 0.15 ? 'early' : chance < 0.4 ? 'compacted' : 'open';
    // Opening takes some tens of milliseconds. Where no compaction ever ended the journals would only grow.
    const after = random.next() * (until === 'early' ? 120 : Number(flags.longest));
    const lines = await writeAndKill(after, until);
    await check(lines, kill);
    if (kill % 25 === 0) process.stdout.write(`${kill} kills, ${counts.acknowledged} acknowledged writes\n`);
  }
} finally {
  if (!flags.keep && failures.length === 0) await rm(folder, { recursive: true, force: true });
  else process.stdout.write(`${folder} is kept\n`);
}
for (const failure of failures) process.stderr.write(`${failure}\n`);
const facts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
process.stdout.write(
  `${kills} kills in ${((performance.now() - began) / 1000).toFixed(0)} s (writes: ${facts.join(', ')}): ${failures.length} failures\n`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
