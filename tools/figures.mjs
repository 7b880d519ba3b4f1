/**
 * @file `node tools/figures.mjs [--check]`: the README's tables of figures, made from the results in docs/figures.
 *
 * learn-*.json are what `npm run bench -- learn --save FILE` keeps, ablation-*.json the same with --variant;
 * *.evaluate.json is what `npx dqn evaluate … --json` prints. With --check nothing is written: exit code 1 where the README
 * says something else.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'docs/figures');
const README = join(ROOT, 'README.md');

/** .6712 */
const short = (value, digits = 3) => (value === undefined ? '' : value.toFixed(digits).replace(/^0/, ''));
const spread = (value) => (value > 0 ? ` ± ${short(value)}` : '');
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

/** A backbone's name without what its file says of the weights. */
const plain = (backbone) => backbone.replace(/_(int8w|fp16w)$/, '');

const BITS = [12, 24, 32, 48];

/** What a device's variant changes, in words. */
const VARIANTS = {
  fast: 'all of it',
  dqn2: 'without quantization loss, codebooks afterwards (DQN2)',
  unlabelled: 'the same, codebooks on 15,000 unlabelled outputs of the database',
  kmeans: 'codebooks by k-means, not by their gradient',
  'no-rotation': 'no rotation before the codebooks',
  'opposite-targets': 'targets ±1 for {1, 0}, pairs unweighted',
  'any-length': 'outputs of any length, no rotation',
  dqnip: 'inner products for cosines (DQNip)',
  'inner-product-form': 'the form for inner product',
  'paper-form': "the paper's objective whole",
};

function read(pattern) {
  return readdirSync(FOLDER)
    .filter((file) => pattern.test(file))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
}

/** Rows of heads on frozen backbones, one for each network and recipe, a column for each length. */
function learnt() {
  const groups = new Map();
  for (const row of read(/^learn-.*\.json$/).flatMap(({ rows }) => rows)) {
    const { protocol, backbone, size, recipe } = row.settings;
    const key = `\`${protocol}\` | ${plain(backbone)}, ${size} px, \`${recipe.name}\``;
    groups.set(key, new Map([...(groups.get(key) ?? []), [row.bits, row]]));
  }
  return [...groups].map(([key, byBits]) => [
    key,
    ...BITS.map((bits) => {
      const row = byBits.get(bits);
      return row ? `**${short(row.ours)}**${spread(row.deviation.aqd)}` : '';
    }),
    short([...byBits.values()].at(-1).map.unquantized),
    short((byBits.get(32) ?? [...byBits.values()].at(-1)).ridge),
    `${[...byBits.values()].at(-1).seeds.length}`,
  ]);
}

/** Rows of models as they were evaluated. */
function evaluated() {
  return read(/\.evaluate\.json$/).map(({ protocol, results, label, seeds, seed, baselines }) => {
    const byBits = new Map(results.map((result) => [result.bits, result]));
    return [
      `\`${protocol}\` | ${label}`,
      ...BITS.map((bits) => {
        const result = byBits.get(bits);
        return result
          ? `**${short(result.map.aqd)}**${spread(result.deviation?.aqd ?? 0)}${result.fitted ? ' °' : ''}`
          : '';
      }),
      short(results[0].map.unquantized),
      short(baselines?.ridge?.aqd),
      `${(seeds ?? [seed]).length}`,
    ];
  });
}

/** What changes when one thing of a recipe is changed: each variant beside the recipe itself, from the learn-*.json. */
function ablation() {
  const bases = read(/^learn-.*\.json$/).flatMap(({ rows }) => rows);
  return read(/^ablation-.*\.json$/)
    .map(({ rows }) => {
      const [{ settings, bits, seeds }] = rows;
      const isSame = (row) =>
        row.bits === bits && ['protocol', 'backbone', 'size'].every((key) => row.settings[key] === settings[key]);
      const base = bases.find(isSame);
      if (!base) throw new Error(`no learn-*.json holds the recipe itself for ${rows[0].case}`);
      const named = [base, ...rows].map((row) => {
        const name = row.settings.recipe.name.split('/').at(-1);
        const change = row.ours - base.ours;
        const ahead = row.perSeed.filter(({ aqd }, i) => base.perSeed[i].aqd > aqd).length;
        return [
          VARIANTS[name] ?? name,
          short(row.map.aqd, 4),
          row === base ? '' : `${change < 0 ? '−' : '+'}${short(Math.abs(change))}`,
          row === base ? '' : `${ahead} of ${seeds.length}`,
          short(row.map.ip, 4),
          short(row.map.unquantized, 4),
        ];
      });
      const title = `\`${settings.protocol}\`, ${plain(settings.backbone)} at ${settings.size} px, ${bits} bits (2 × 64), mean of ${seeds.length} seeds:`;
      const head = ['`fast`, or', 'AQD', 'change', 'seeds in which `fast` is ahead', 'inner product', 'unquantized'];
      return `${title}\n\n${table(head, named)}`;
    })
    .join('\n\n');
}

/** name → Markdown. */
const BLOCKS = {
  learnt: () =>
    table(
      ['protocol', 'network, recipe', ...BITS.map((bits) => `${bits} bits`), 'unquantized', 'ridge + PQ', 'seeds'],
      // The first cell holds two: protocol and network.
      [...learnt(), ...evaluated()].sort(([a], [b]) => a.split(' |')[0].localeCompare(b.split(' |')[0])),
    ),
  ablation,
};

/** A text with what stands between each pair of marks made anew. */
export function renew(text) {
  return Object.entries(BLOCKS).reduce((before, [name, make]) => {
    const [from, to] = [`<!-- figures: ${name} -->`, `<!-- end of ${name} -->`];
    const [start, end] = [before.indexOf(from), before.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`README.md lacks ${from} … ${to}`);
    return `${before.slice(0, start + from.length)}\n${make()}\n${before.slice(end)}`;
  }, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const old = readFileSync(README, 'utf8');
  const now = renew(old);
  if (process.argv.includes('--check')) {
    if (now !== old) {
      console.error('README.md has other figures than docs/figures; run node tools/figures.mjs');
      process.exit(1);
    }
  } else if (now !== old) writeFileSync(README, now);
}
