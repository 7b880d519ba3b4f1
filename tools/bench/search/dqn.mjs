/**
 * @file The data set `dqn`: the codes of a trained model, multiplied by a fitted model of its embeddings.
 *
 * The pictures that the model was trained for are embedded (the database of its protocol, and 64 of its queries). The
 * embeddings are cut into 64 clusters, each fitted by a Gaussian with full covariance; draws from that mixture, scaled to
 * the embeddings' length where it is 1, are encoded with the model's codebook. The real codes come first.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset, protocol } from '@dqn/data';
import { MODEL_FILES } from '@dqn/format';
import { createRandom, encode, learnCodebook } from '@dqn/pq';
import { createRetriever } from '@dqn/server';
import { ROOT } from '../../workspace.mjs';
import { QUERIES } from './data.mjs';
import { fitMixture } from './mixture.mjs';

const CLUSTERS = 64;
const EMBED = new URL('../../../apps/trainer/dist/evaluate/embed.js', import.meta.url).href;

/** The folder of a trained model: DQN_MODEL_DIR, else one in models/, those of CIFAR-10 first. */
export function modelFolder() {
  const named = process.env.DQN_MODEL_DIR;
  if (named) return named;
  const models = join(ROOT, 'models');
  return (existsSync(models) ? readdirSync(models) : [])
    .sort((a, b) => Number(b.includes('cifar')) - Number(a.includes('cifar')))
    .map((name) => join(models, name))
    .find((folder) => existsSync(join(folder, MODEL_FILES.codebook)));
}

const distinct = (codes, M) => {
  const seen = new Set();
  for (let i = 0; i < codes.length; i += M) seen.add(String.fromCharCode(...codes.subarray(i, i + M)));
  return seen.size;
};

/** Embeddings of the model's own data: { codebook, database [N, D], queries [64, D] }. */
async function embedAll(folder, wanted, say) {
  const { embedRows } = await import(EMBED);
  const retriever = await createRetriever({ model: folder, provider: 'cpu' });
  try {
    const { codebook } = retriever.model;
    if (codebook.M !== wanted || codebook.K !== 256)
      throw new Error(`the model at hand has M=${codebook.M}, K=${codebook.K}; expected M=${wanted}, K=256`);
    const { data, protocol: named, seed } = codebook.training;
    const dataset = await openDataset(data);
    const split = protocol(named, dataset, seed);
    const options = { views: 1, batch: 64, strict: true, signal: new AbortController().signal };
    say(`dqn: embedding ${split.database.length} pictures of ${data} …`);
    const embed = async (rows) => (await embedRows(retriever.model, dataset, rows, options)).embeddings;
    const database = await embed(split.database);
    const queries = await embed(split.query.subarray(0, QUERIES));
    dataset.close?.();
    const { M, K, D, codewords } = codebook;
    return { codebook: { M, K, D, codewords }, database, queries };
  } finally {
    await retriever.close();
  }
}

/** Makes the data set's recipe (see data.mjs); says why and gives undefined where there is no model of this M. */
export async function makeDqn(_name, M, say) {
  const folder = modelFolder();
  if (folder === undefined) {
    say(
      'NO MODEL: the rows of `dqn` are left out. Name a trained model by DQN_MODEL_DIR (README: training on CIFAR-10).',
    );
    return undefined;
  }
  let embedded;
  try {
    embedded = await embedAll(folder, M, say);
  } catch (error) {
    say(`NO MODEL for M=${M}: the rows of \`dqn\` are left out: ${error.message}.`);
    return undefined;
  }
  const { codebook, database, queries } = embedded;
  const { D } = codebook;
  const random = createRandom(1).fork('dqn');
  const real = encode(codebook, database);
  const { codes: clusters } = learnCodebook(database, { M: 1, K: CLUSTERS, D, seed: 1, iterations: 10 });
  let longest = 0;
  for (let row = 0; row < database.length; row += D)
    longest = Math.max(longest, Math.abs(Math.hypot(...database.subarray(row, row + D)) - 1));
  const draw = fitMixture(database, D, clusters, longest < 1e-3);
  const fitted = encode(codebook, draw(real.length / M, random.fork('check')));
  say(
    `dqn: ${real.length / M} real codes, ${distinct(real, M)} of them distinct; as many of the fitted mixture of ` +
      `${CLUSTERS} Gaussians: ${distinct(fitted, M)}`,
  );
  const block = (i, count) => {
    const rows = random.fork('rows').fork(i);
    if (i > 0) return encode(codebook, draw(count, rows));
    const codes = new Uint8Array(count * M);
    const kept = Math.min(real.length, codes.length);
    codes.set(real.subarray(0, kept));
    if (kept < codes.length) codes.set(encode(codebook, draw(count - kept / M, rows)), kept);
    return codes;
  };
  return { codebook, queries, block };
}
