/**
 * @file `node tools/choose.mjs`: hyper-parameters of the recipe `fast` behind a backbone, tried on a validation part of the
 * training pictures. No query and no database picture takes part.
 *
 * Four fifths of the protocol's training pictures are learnt from; the rest is asked and searched (every one asks, all others
 * are the database). Each case changes some fields of the recipe; `--case 'dropout .2 + lambda .1'` takes these together.
 *
 *   node tools/choose.mjs --backbone squeezenet_v1.1 --bits 12,32 --seeds 1,2,3 [--size 160] [--data cifar10] [--case 'A + B']…
 */
import { parseArgs } from 'node:util';
import { createRandom } from '@dqn/pq';
import { recipeFor, VARIANT_NAMES, variantOf } from '@dqn/train';
import { learnHead, maps, openFrozen, pick } from './bench/learn/heads.mjs';

const network = (change) => (recipe) => ({ network: { ...recipe.network, ...change } });
const quantization = (change) => (recipe) => ({ quantization: { ...recipe.quantization, ...change } });
const pairwise = (change) => (recipe) => ({ pairwise: { ...recipe.pairwise, ...change } });

/** name → what changes. */
const CASES = {
  fast: () => ({}),
  ...Object.fromEntries(VARIANT_NAMES.map((name) => [name, (recipe) => variantOf(recipe, name)])),
  'no root': network({ root: false }),
  'dropout .1': network({ dropout: 0.1 }),
  'dropout .2': network({ dropout: 0.2 }),
  'dropout .3': network({ dropout: 0.3 }),
  'dropout .5': network({ dropout: 0.5 }),
  'hidden 1024': network({ hidden: 1024 }),
  'hidden 256': network({ hidden: 256 }),
  'hidden 0': network({ hidden: 0 }),
  'D 60': network({ dimensions: 60 }),
  'D 240': network({ dimensions: 240 }),
  'no tanh': network({ activation: 'none' }),
  'lambda .1': quantization({ lambda: 0.1, beta: 0.1 }),
  'lambda 1': quantization({ lambda: 1, beta: 1 }),
  'codebooks rate 3e-3': quantization({ learningRate: 3e-3 }),
  'codebooks rate 3e-4': quantization({ learningRate: 3e-4 }),
  'codebooks from views': quantization({ views: 2 }),
  'codebooks later': quantization({ start: { share: 0.4 } }),
  'weight 1': pairwise({ similarWeight: 1 }),
  'weight 4': pairwise({ similarWeight: 4 }),
  logistic: pairwise({ form: 'logistic', margin: 0.4, temperature: 0.2 }),
  'logistic .5 .1': pairwise({ form: 'logistic', margin: 0.5, temperature: 0.1 }),
  'epochs 20': () => ({ epochs: 20 }),
  'epochs 30': () => ({ epochs: 30 }),
  'epochs 40': () => ({ epochs: 40 }),
  'batch 128': () => ({ batch: 128 }),
  'batch 512': () => ({ batch: 512 }),
  'rate 5e-4': () => ({ learningRate: 5e-4 }),
  'rate 2e-3': () => ({ learningRate: 2e-3 }),
  'decay .05': (recipe) => ({ optimiser: { ...recipe.optimiser, weightDecay: 0.05 } }),
  'decay .1': (recipe) => ({ optimiser: { ...recipe.optimiser, weightDecay: 0.1 } }),
  'views 2': () => ({ views: { flip: true, crops: 0, scale: [0.7, 1] } }),
  'views 6': () => ({ views: { flip: true, crops: 4, scale: [0.7, 1] } }),
  'wide views': () => ({ views: { flip: true, crops: 2, scale: [0.4, 1] } }),
};

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: 'cifar10' },
    protocol: { type: 'string', default: 'cifar10-54000' },
    backbone: { type: 'string' },
    size: { type: 'string', default: '160' },
    bits: { type: 'string', default: '12,32' },
    seeds: { type: 'string', default: '1,2,3' },
    case: { type: 'string', multiple: true },
    images: { type: 'string' },
  },
});
if (!flags.backbone) throw new Error('--backbone is missing: a file, or a name such as squeezenet_v1.1');

const size = Number(flags.size);
const frozen = await openFrozen({ data: flags.data, backbone: flags.backbone, size });
const base = recipeFor('fast', { size, backbone: true });
const wanted = (flags.case ?? Object.keys(CASES)).map((text) => {
  const names = text.split('+').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(CASES, name));
  if (unknown) throw new Error(`there is no case "${unknown}"; choose among ${Object.keys(CASES).join(', ')}`);
  const change = (recipe) => {
    let changed = recipe;
    for (const name of names) changed = { ...changed, ...CASES[name](changed) };
    return changed;
  };
  return [text, change];
});
for (const bits of flags.bits.split(',').map(Number)) {
  const codewords = bits % 8 === 0 ? 256 : 64;
  for (const [name, change] of wanted) {
    const recipe = change(base);
    const scores = [];
    let seconds = 0;
    for (const seed of flags.seeds.split(',').map(Number)) {
      const { train } = frozen.split(flags.protocol, seed);
      const shuffled = createRandom(seed)
        .fork('validation')
        .shuffle([...train]);
      const rows = shuffled.slice(0, flags.images ? Number(flags.images) : undefined);
      const { features } = await frozen.features(rows, recipe.views);
      const all = frozen.labels(rows);
      const learnt = Math.floor(rows.length * 0.8);
      const places = rows.map((_, i) => i);
      const head = await learnHead({
        features: pick(features, places.slice(0, learnt)),
        labels: all.slice(0, learnt),
        preprocess: frozen.preprocess,
        ...{ recipe, bits, codewords, seed },
      });
      const held = pick(
        { ...features, values: features.values.subarray(0, features.values.length / features.views), views: 1 },
        places.slice(learnt),
      );
      const z = await head.embed(held.values, held.images);
      await head.close();
      const labels = all.slice(learnt);
      // Every picture finds itself first: the same for every case.
      const map = await maps({
        codebook: head.codebook,
        queries: z,
        database: z,
        queryLabels: labels,
        databaseLabels: labels,
        R: 'all',
        seed,
      });
      scores.push(map);
      seconds += head.seconds;
    }
    const mean = (metric) => scores.reduce((sum, score) => sum + score[metric], 0) / scores.length;
    const line = {
      bits,
      case: name,
      aqd: mean('aqd'),
      ip: mean('ip'),
      unquantized: mean('unquantized'),
      seconds: seconds / scores.length,
    };
    console.log(JSON.stringify(line, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)));
  }
}
