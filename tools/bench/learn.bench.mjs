/**
 * @file `npm run bench -- learn`: MAP of heads behind frozen backbones, beside published figures and what the same features
 * give without learning. The trunk's features are cached (DQN_CACHE): a second run costs the heads alone.
 *
 * MAP by AQD: whole ranking, one view, means over the seeds, each with its own split, head and codebooks.
 */
import { writeFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { basename } from 'node:path';
import { createRandom } from '@dqn/pq';
import { fitBaselines, recipeFor, variantOf } from '@dqn/train';
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
async function mapsOf(of, codebook, project) {
  const [queries, database] = [
    await project(of.queries.values, of.queries.images),
    await project(of.database.values, of.database.images),
  ];
  const { queryLabels, databaseLabels, R, seed } = of;
  return maps({ codebook, queries, database, queryLabels, databaseLabels, R, seed });
}

export async function rows(say, o) {
  const result = [];
  for (const backbone of o.backbone) {
    const { data, protocol, size } = o;
    const frozen = await openFrozen({ data, backbone, size });
    say(`${backbone} at ${size} px …`);
    const name = basename(backbone, '.onnx');
    const recipes = o.variant.map((variant) => {
      const recipe = recipeFor(o.recipe, { size, backbone: true });
      return variant === 'none' ? recipe : variantOf(recipe, variant);
    });
    const seeds = [];
    for (const seed of o.seeds) {
      seeds.push(await openSeed(frozen, { protocol, seed, views: recipes[0].views, most: o.database, say }));
    }
    for (const bits of o.bits) {
      const codewords = codewordsOf(bits);
      const baselines = { raw: [], ridge: [] };
      for (const recipe of recipes) {
        const found = [];
        const seconds = [];
        for (const of of seeds) {
          const { features, labels, seed } = of;
          const head = await learnHead({
            features,
            labels,
            preprocess: frozen.preprocess,
            recipe,
            bits,
            codewords,
            seed,
          });
          found.push(await mapsOf(of, head.codebook, head.embed));
          seconds.push(head.seconds);
          await head.close();
          const { M, K } = head.codebook;
          if (baselines.raw.length < seeds.length) {
            const fitted = await fitBaselines({ features, labels, classes: frozen.dataset.classes.length, M, K, seed });
            for (const [which, { codebook, project }] of Object.entries(fitted)) {
              baselines[which].push((await mapsOf(of, codebook, project)).aqd);
            }
          }
          say(
            `  ${name}, ${recipe.name}, ${bits} bits, seed ${seed}: ${JSON.stringify(found.at(-1))}, head ${head.seconds.toFixed(1)} s`,
          );
        }
        const map = over(found, mean);
        const theirs = PAPER[protocol]?.[bits] ?? null;
        result.push({
          case: `${protocol}${o.database ? `, ${seeds[0].database.images} of the database` : ''}, ${name} ${size} px, ${recipe.name}, ${bits} bits`,
          ours: map.aqd,
          peer: theirs === null ? null : 'DQN, AlexNet (paper)',
          theirs,
          unit: 'MAP, AQD',
          ratio: theirs === null ? null : map.aqd / theirs,
          ...{ map, deviation: over(found, deviation), bits, seeds: o.seeds, perSeed: found },
          raw: mean(baselines.raw),
          ridge: mean(baselines.ridge),
          seconds: mean(seconds),
          settings: {
            data,
            protocol,
            database: seeds[0].database.images,
            backbone: name,
            size,
            codewords,
            views: 1,
            R: seeds[0].R,
            recipe,
          },
          trunk: seeds.map(({ trunk }) => trunk),
        });
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
