/** @file The rows of what stands before a search: vectors to codes, and learning a codebook. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, encode, learnCodebook } from '@dqn/pq';
import { interleave, median, speedup } from '../interleave.mjs';
import { bits, fillNormal } from './mixture.mjs';

const VECTORS = 100_000;
const LEARNT_FROM = 10_000;
const ITERATIONS = 10;
const ROUNDS = 5;
const K = 256;

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Contestants' requests to the builds of Faiss: `Faiss VERSION` → () → milliseconds. */
const asking = (builds, request) =>
  Object.fromEntries(builds.map(({ version, ask }) => [`Faiss ${version}`, async () => (await ask(request)).ms]));

/** The row of a race in which the fastest build counts. */
function rowOf(name, { ours, ...others }, { peer, amount, unit }) {
  const [best] = Object.entries(others).sort(([, a], [, b]) => median(a) - median(b));
  const rate = (times) => amount / (median(times) / 1e3);
  const own = { case: name, ours: rate(ours), unit };
  if (best === undefined) return { ...own, peer: null, theirs: null, ratio: null };
  return { ...own, peer, theirs: rate(best[1]), ratio: speedup(ours, best[1]), peerVersion: best[0] };
}

/** Encoding with M = 4 subspaces: normal vectors, a codebook of normal codewords. */
async function encodeRow(context, name, D, root) {
  const M = 4;
  const next = bits(createRandom(1).fork(name));
  const x = fillNormal(new Float32Array(VECTORS * D), next);
  const codewords = fillNormal(new Float32Array(K * D), next);
  const [json, file] = [join(root, 'set.json'), join(root, 'x.f32')];
  await writeFile(json, JSON.stringify({ M, K, D, codewords: [...codewords], queries: [] }));
  await writeFile(file, bytesOf(x));
  const codebook = { M, K, D, codewords };
  let codes;
  const ours = () => {
    codes = encode(codebook, x);
  };
  const times = await interleave({ ours, ...asking(context.builds, { do: 'encode', json, file }) }, ROUNDS);
  for (const build of context.builds) {
    const { first } = await build.ask({ do: 'encode', json, file });
    const differ = first.filter((code, i) => code !== codes[i]).length;
    // Float32 sums may settle a near tie the other way.
    if (differ > first.length / 100) throw new Error(`${name}: ${differ} of ${first.length} of Faiss's codes differ.`);
  }
  context.add(rowOf(name, times, { peer: 'Faiss compute_codes', amount: VECTORS, unit: 'vectors/s' }));
}

/** Learning a codebook with a fixed number of iterations; the row is in vectors · iterations a second. */
async function learnRow(context, name, root) {
  const [M, D] = [4, 64];
  const x = fillNormal(new Float32Array(LEARNT_FROM * D), bits(createRandom(1).fork(name)));
  const file = join(root, 'train.f32');
  await writeFile(file, bytesOf(x));
  const ours = () => {
    learnCodebook(x, { M, K, D, seed: 1, iterations: ITERATIONS });
  };
  const request = { do: 'learn', file, M, D, iterations: ITERATIONS };
  const times = await interleave({ ours, ...asking(context.builds, request) }, 3);
  const amount = LEARNT_FROM * ITERATIONS;
  context.add(rowOf(name, times, { peer: 'Faiss train', amount, unit: 'vectors·iterations/s' }));
}

export async function vectorRows(context) {
  const dimensions = [64, 128, 300].filter((D) => context.wanted(`encode D=${D} M=4`));
  const learn = 'learn D=64 M=4';
  if (dimensions.length === 0 && !context.wanted(learn)) return;
  const root = await mkdtemp(join(tmpdir(), 'dqn-bench-'));
  try {
    for (const D of dimensions) await encodeRow(context, `encode D=${D} M=4`, D, root);
    if (context.wanted(learn)) await learnRow(context, learn, root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
