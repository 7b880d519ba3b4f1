/**
 * @file `npm run bench -- learn`: MAP of heads behind frozen backbones, beside published figures and what the same features
 * give without learning. The trunk's features are cached (DQN_CACHE): a second run costs the heads alone.
 *
 * MAP by AQD: whole ranking, one view, means over the seeds, each with its own split, head and codebooks.
 */
import { writeFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { basename } from 'node:path';
import { createRandom, learnCodebook } from '@dqn/pq';
import { fitBaselines, learnRotation, recipeFor, rotate, variantOf } from '@dqn/train';
import { learnHead, maps, openFrozen } from './learn/heads.mjs';

/** MAP of DQN with AlexNet, Cao et al., AAAI 2016, on the protocol that they used. */
const PAPER = { 'cifar10-54000': { 12: 0.554, 24: 0.558, 32: 0.564, 48: 0.58 } };

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values) => {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1));
};
const over = (maps, reduce) =>
  Object.fromEntries(Object.keys(maps[0]).map((metric) => [metric, reduce(maps.map((map) => map[metric]))]));

/** K = 256 where whole bytes do, else 64: 12 bits are 2 × 64. */
const codewordsOf = (bits) => (bits % 8 === 0 ? 256 : 64);

/** The rows of a database, or a seeded part of them. */
function partOf(rows, most, seed) {
  if (most === undefined || most >= rows.length) return rows;
  return Uint32Array.from(
    createRandom(seed)
      .fork('database')
      .shuffle([...rows])
      .slice(0, most),
  ).sort();
}

/** Everything of one seed: features of the training pictures in all views, of queries and database in one. */
async function openSeed(frozen, { protocol, seed, views, most, say }) {
  const { train, query, database: whole, R } = frozen.split(protocol, seed);
  const database = partOf(whole, most, seed);
  const started = performance.now();
  const learnt = await frozen.features(train, views, say);
  const seconds = (performance.now() - started) / 1000;
  say(`  ${learnt.computed} views of the training pictures, seed ${seed}, in ${seconds.toFixed(0)} s`);
  return {
    ...{ R, seed, features: learnt.features, trunk: { seconds, computed: learnt.computed } },
    labels: frozen.labels(learnt.rows),
    queries: (await frozen.features(query, undefined, say)).features,
    database: (await frozen.features(database, undefined, say)).features,
    queryLabels: frozen.labels(query),
    databaseLabels: frozen.labels(database),
  };
}

/** MAP of vectors that `project` makes of features. */
async function mapsOf(of, codebook, project, metrics = ['aqd', 'ip', 'unquantized']) {
  const [queries, database] = [
    await project(of.queries.values, of.queries.images),
    await project(of.database.values, of.database.images),
  ];
  const { queryLabels, databaseLabels, R, seed } = of;
  return maps({ metrics, codebook, queries, database, queryLabels, databaseLabels, R, seed });
}

/** The two steps of `dqn2`, with codebooks learnt on outputs of so many pictures of the database, without their labels. */
const UNLABELLED = { name: 'unlabelled', images: 15_000 };

const recipeOf = (o, variant) => {
  const recipe = recipeFor(o.recipe, { size: o.size, backbone: true, images: o.images });
  if (variant === 'none') return recipe;
  if (variant !== UNLABELLED.name) return variantOf(recipe, variant);
  return { ...variantOf(recipe, 'dqn2'), name: `${recipe.name}/${UNLABELLED.name}` };
};

/** Codebooks and their rotation from outputs of the database, in place of the head's own. */
async function onUnlabelled({ codebook: { M, K, D }, embed }, { database, seed }) {
  const width = database.values.length / database.images;
  const images = Math.min(UNLABELLED.images, database.images);
  const some = partOf(
    Uint32Array.from({ length: database.images }, (_, i) => i),
    images,
    seed,
  );
  const inputs = new Float32Array(images * width);
  some.forEach((row, i) => {
    inputs.set(database.values.subarray(row * width, (row + 1) * width), i * width);
  });
  const z = await embed(inputs, images);
  const rotation = learnRotation(z, { M, K, D, seed });
  const { codebook } = learnCodebook(rotate(z, rotation, D), { M, K, D, seed });
  return { codebook, embed: async (values, n) => rotate(await embed(values, n), rotation, D) };
}

/** A head of one recipe, length and seed, and its MAP. */
async function measureHead(of, { recipe, bits, preprocess }) {
  const { features, labels, seed } = of;
  const codewords = codewordsOf(bits);
  const head = await learnHead({ features, labels, preprocess, recipe, bits, codewords, seed });
  const { codebook, embed } = recipe.name.endsWith(UNLABELLED.name) ? await onUnlabelled(head, of) : head;
  const map = await mapsOf(of, codebook, embed);
  await head.close();
  return { map, seconds: head.seconds };
}

/** MAP by AQD of what the features give without learning, means over the seeds. */
async function measureBaselines(seeds, { bits, classes }) {
  const found = { raw: [], ridge: [] };
  const K = codewordsOf(bits);
  for (const of of seeds) {
    const { features, labels, seed } = of;
    const fitted = await fitBaselines({ features, labels, classes, M: bits / Math.log2(K), K, seed });
    for (const [which, { codebook, project }] of Object.entries(fitted)) {
      found[which].push((await mapsOf(of, codebook, project, ['aqd'])).aqd);
    }
  }
  return { raw: mean(found.raw), ridge: mean(found.ridge) };
}

function rowOf(o, { name, recipe, bits, seeds, found, baselines }) {
  const { data, protocol, size } = o;
  const [{ R, database }] = seeds;
  const maps = found.map(({ map }) => map);
  const map = over(maps, mean);
  const theirs = PAPER[protocol]?.[bits] ?? null;
  return {
    case: `${protocol}${o.database ? `, ${database.images} of the database` : ''}, ${name} ${size} px, ${recipe.name}, ${bits} bits`,
    ours: map.aqd,
    peer: theirs === null ? null : 'DQN, AlexNet (paper)',
    theirs,
    unit: 'MAP, AQD',
    ratio: theirs === null ? null : map.aqd / theirs,
    ...{ map, deviation: over(maps, deviation), bits, seeds: o.seeds, perSeed: maps, ...baselines },
    seconds: mean(found.map(({ seconds }) => seconds)),
    settings: {
      ...{ data, protocol, database: database.images, backbone: name, size, codewords: codewordsOf(bits), views: 1, R },
      recipe,
    },
    trunk: seeds.map(({ trunk }) => trunk),
  };
}

export async function rows(say, o) {
  const result = [];
  for (const backbone of o.backbone) {
    const { data, protocol, size } = o;
    const frozen = await openFrozen({ data, backbone, size });
    say(`${backbone} at ${size} px …`);
    const name = basename(backbone, '.onnx');
    const images = frozen.split(protocol, o.seeds[0]).train.length;
    const recipes = o.variant.map((variant) => recipeOf({ ...o, images }, variant));
    const seeds = [];
    for (const seed of o.seeds) {
      seeds.push(await openSeed(frozen, { protocol, seed, views: recipes[0].views, most: o.database, say }));
    }
    for (const bits of o.bits) {
      const baselines = await measureBaselines(seeds, { bits, classes: frozen.dataset.classes.length });
      for (const recipe of recipes) {
        const found = [];
        for (const of of seeds) {
          const head = await measureHead(of, { recipe, bits, preprocess: frozen.preprocess });
          found.push(head);
          say(
            `  ${name}, ${recipe.name}, ${bits} bits, seed ${of.seed}: ${JSON.stringify(head.map)}, head ${head.seconds.toFixed(1)} s`,
          );
        }
        result.push(rowOf(o, { name, recipe, bits, seeds, found, baselines }));
        await save(o, result);
      }
    }
  }
  return result;
}

/** After every row: hours of work don't hang on the last one. */
async function save({ save: file }, result) {
  if (!file) return;
  const machine = `${cpus()[0]?.model ?? arch()} × ${cpus().length}`;
  await writeFile(file, `${JSON.stringify({ bench: 'learn', machine, rows: result }, null, 2)}\n`);
}
