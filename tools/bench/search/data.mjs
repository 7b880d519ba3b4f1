/**
 * @file The data sets of `npm run bench -- search`: codes, their codebook and queries, made once and kept in the cache.
 *
 * Everything follows from a seed. Rows are made in blocks, each from its own stream, so that a small set is the beginning
 * of a larger one. In the cache (DQN_CACHE, else the user's) lie NAME-mM-N.codes, the codes as they are, and
 * NAME-mM.json, { M, K, D, codewords, queries }.
 */
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as pq from '@dqn/pq';
import { cacheFolder } from '../../needs.mjs';
import { bits, MIXTURES } from './mixture.mjs';

/** Part of the cache's path: another number where the same name would give other codes. */
const VERSION = 1;
export const QUERIES = 64;
const K = 256;
const BLOCK = 100_000;
/** Vectors that a codebook is learnt from. */
const TRAIN = 50_000;
const DISTINCT = 200_000;

const folder = () => join(cacheFolder(), 'bench-search', `v${VERSION}`);

/** 1e6 → 1M, 54,000 → 54k. */
export const countName = (n) => (n >= 1e6 ? `${n / 1e6}M` : `${n / 1e3}k`);

/** About 64 dimensions, whole ones in each subspace. */
export const dimensionsFor = (M) => M * Math.ceil(64 / M);

async function writeAtomic(path, write) {
  const part = `${path}.${process.pid}.part`;
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** How a set's codes are made: its codebook, its queries, and `block(i, count)`, the codes [count, M] of block i. */
async function recipe(name, M, say) {
  const random = pq.createRandom(1).fork(name).fork(M);
  const D = dimensionsFor(M);
  const draw = MIXTURES[name](D, random.fork('mixture'));
  const queries = draw(QUERIES, random.fork('queries'));
  if (name === 'uniform') {
    const codewords = draw(K, random.fork('codewords'));
    const block = (i, count) => {
      const next = bits(random.fork('rows').fork(i));
      const words = Uint32Array.from({ length: Math.ceil((count * M) / 4) }, next);
      return new Uint8Array(words.buffer, 0, count * M);
    };
    return { codebook: { M, K, D, codewords }, queries, block };
  }
  say(`${name} M=${M}: learning the codebook …`);
  const x = draw(TRAIN, random.fork('training'));
  const { codebook } = pq.learnCodebook(x, { M, K, D, seed: 1, iterations: 15 });
  const block = (i, count) => pq.encode(codebook, draw(count, random.fork('rows').fork(i)));
  return { codebook, queries, block };
}

/** Recipes of this process, so that 1M and 10M of a set share the codebook. */
const recipes = new Map();

/** The codes file of a set with at least n items, the smallest there is; undefined where none lies in the cache. */
function cachedCodes(name, M, n) {
  if (!existsSync(folder())) return undefined;
  const prefix = `${name}-m${M}-`;
  const sizes = readdirSync(folder())
    .filter((file) => file.startsWith(prefix) && file.endsWith('.codes'))
    .map((file) => Number(file.slice(prefix.length, -'.codes'.length)))
    .filter((size) => size >= n);
  return sizes.length > 0 ? join(folder(), `${prefix}${Math.min(...sizes)}.codes`) : undefined;
}

/** The first n · M bytes of a file. */
async function readPrefix(path, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const chunk of createReadStream(path, { end: length - 1, highWaterMark: 1 << 22 })) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < length) throw new Error(`${path} holds ${at} bytes; expected ${length}. Remove it: it is made again.`);
  return bytes;
}

/**
 * A data set of n items, made if it isn't in the cache.
 *
 * @returns { name, M, K, D, n, codebook, queries (Float32Array [64, D]), codes (Uint8Array [n, M]), file (codes on
 *   disk, perhaps of more items), json (the rest on disk) }; undefined where it can't be made here
 */
export async function dataSet(name, M, n, say) {
  await mkdir(folder(), { recursive: true });
  const json = join(folder(), `${name}-m${M}.json`);
  let file = cachedCodes(name, M, n);
  if (file === undefined || !existsSync(json)) {
    const key = `${name}-m${M}`;
    const maker = name === 'dqn' ? (await import('./dqn.mjs')).makeDqn : recipe;
    if (!recipes.has(key)) recipes.set(key, await maker(name, M, say));
    const made = recipes.get(key);
    if (made === undefined) return undefined;
    const { codebook, queries, block } = made;
    const facts = { M, K, D: codebook.D, codewords: [...codebook.codewords], queries: [...queries] };
    // A smaller set is this one's beginning, and might have been made with another codebook.
    for (const old of readdirSync(folder()))
      if (old.startsWith(`${key}-`) && old.endsWith('.codes')) await rm(join(folder(), old));
    await writeAtomic(json, (part) => writeFile(part, JSON.stringify(facts)));
    file = join(folder(), `${key}-${n}.codes`);
    await writeAtomic(file, async (part) => {
      const handle = await open(part, 'w');
      const start = performance.now();
      try {
        for (let from = 0, i = 0; from < n; from += BLOCK, i++) {
          await handle.write(block(i, Math.min(BLOCK, n - from)));
          if (i % 20 === 0) say(`${key}: ${countName(from)} of ${countName(n)} codes made …`);
        }
      } finally {
        await handle.close();
      }
      say(`${key}: ${countName(n)} codes made in ${((performance.now() - start) / 1e3).toFixed(1)} s`);
    });
  }
  const { codewords, queries, ...shape } = JSON.parse(await readFile(json, 'utf8'));
  const codebook = { ...shape, codewords: Float32Array.from(codewords) };
  return {
    ...{ name, ...shape, n, codebook, file, json },
    queries: Float32Array.from(queries),
    codes: await readPrefix(file, n * M),
  };
}

/** n items over the first 200,000 distinct codes of a set, as pictures of few classes share their codes. */
export async function duplicates(name, M, n, say) {
  const set = await dataSet(name, M, n, say);
  const { codes } = set;
  const seen = new Set();
  const distinct = new Uint8Array(DISTINCT * M);
  for (let row = 0; row < n && seen.size < DISTINCT; row++) {
    const code = codes.subarray(row * M, (row + 1) * M);
    const key = String.fromCharCode(...code);
    if (seen.has(key)) continue;
    distinct.set(code, seen.size * M);
    seen.add(key);
  }
  const next = bits(pq.createRandom(1).fork('duplicates'));
  const many = new Uint8Array(n * M);
  for (let row = 0; row < n; row++) {
    const from = (next() % seen.size) * M;
    for (let m = 0; m < M; m++) many[row * M + m] = distinct[from + m];
  }
  return { ...set, codes: many, file: undefined };
}
