/** @file card.md: what a model is, how it was trained and measured, for people. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodebookFile, MODEL_FILES } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import type { RunRecord } from '@dqn/train';
import { codeLength, count, countOf, duration } from './console.ts';
import { METRICS, type Metric } from './evaluate/measure.ts';
import type { Evaluation } from './report/data.ts';
import { type RunFactsShown, runFacts } from './report/run-facts.ts';

const HEADING = '## Measured';
/** Marks the rows of figures that flatter. */
const TRAINED_ON = 'trained on';
const NOTHING_YET = 'Nothing yet: `npx dqn evaluate` measures.';

/** The card of a model that was just exported. */
export function modelCard(o: { codebook: CodebookFile; record: RunRecord; weights: 'f32' | 'f16' | 'i8' }): string {
  const { codebook, record, weights } = o;
  const { M, K, D, classes, training } = codebook;
  const { facts, result, device } = record;
  const run = runFacts(record, weights);
  const data = training.data.split('#')[0];
  const rows = [
    [
      'trained on',
      `${data}: ${count(training.trainImages)} pictures, ${countOf(classes.length, 'class', 'classes')}${unreadable(facts.unreadable)}`,
    ],
    ['protocol, seed', `${training.protocol}, ${training.seed}`],
    ['recipe', `${training.recipe}, ${training.epochs} ${training.epochs === 1 ? 'epoch' : 'epochs'}`],
    ...(run.backbone ? [['backbone', run.backbone.name]] : []),
    ['engine', `${training.engine} (${device})${result ? ` in ${duration(result.seconds)}` : ''}`],
    ['input', `RGB pictures of any size; \`${MODEL_FILES.preprocess}\` brings them to ${run.size} × ${run.size}`],
    [
      'embedding',
      `${D} dimensions, ${run.unitLength ? 'of unit length' : 'not normalised, as in the paper: ranking by AQD loses against inner product'}`,
    ],
    ['code', `M = ${M} subspaces of K = ${K} codewords, for ${codebook.distance.toUpperCase()}`],
    ['weights', weights],
    ['model.onnx', `sha256 \`${codebook.modelSha256}\``],
    ['preprocess.onnx', `sha256 \`${codebook.preprocessSha256}\``],
    ...run.hashes.map(([name, hash]) => [name, `sha256 \`${hash}\``]),
  ];
  return `# ${data}, ${M * Math.log2(K)} bits

A Deep Quantization Network (Cao, Long, Wang, Zhu, Wen, AAAI 2016): it turns a picture into an embedding whose product
quantization is good, so that pictures are found by codes of ${codeLength(codebook)}.

| | |
|---|---|
${rows.map(([name, value]) => `| ${name} | ${cell(value)} |`).join('\n')}

${HEADING}

${NOTHING_YET}

## Intended use

Finding pictures that show the same kind of thing as a given one, among many, by short codes:

\`\`\`
npx dqn index MODEL IMAGES --out my.gallery
npx dqn serve my.gallery
\`\`\`

## Limits

- It finds what it was trained to tell apart: the ${countOf(classes.length, 'class', 'classes')} of ${data}${classList(classes)}. Pictures of
  other things land somewhere, too; the distance says little about them.
- The same thing means: a class in common. It finds neither the same object nor the same scene, unless that is a class.
- Figures hold for pictures like those that it was measured on, under the protocol named beside them; figures of
  different protocols can't be compared.
- A gallery belongs to these very files: other weights, also the same ones stored smaller, give other codes.

## Data and licences

- Pictures: ${data}. They are no part of the model; whoever passes the model on looks after the licence of the pictures
  that it was trained on.
${backboneLine(run)}

## Made by

\`\`\`
${run.commands.join('\n')}
\`\`\`
`;
}

function unreadable(pictures: number | undefined): string {
  return pictures ? `; ${count(pictures)} more could not be read` : '';
}

function classList(classes: readonly string[]): string {
  const MOST = 21;
  return classes.length === 0 || classes.length > MOST ? '' : ` (${classes.map(cell).join(', ')})`;
}

function backboneLine({ backbone, settings }: RunFactsShown): string {
  if (backbone) {
    const terms =
      backbone.licence === undefined
        ? 'its licence is not known here'
        : `${backbone.licence}, as its source says: ${backbone.source}`;
    return `- Backbone: ${cell(backbone.name)} (sha256 \`${backbone.sha256}\`); ${terms}. Its weights are in \`${MODEL_FILES.network}\`, and so
  its licence, and that of the pictures it was trained on, goes with this model: whoever uses or passes it on has to keep it.`;
  }
  const isHead = settings.some(([name, value]) => name === 'network.kind' && value === 'head');
  return isHead
    ? `- It was learnt behind a pretrained backbone, whose weights are in \`${MODEL_FILES.network}\`: whoever uses or passes the model on
  has to keep the backbone's licence.`
    : '- No pretrained weights: everything in it was learnt from these pictures.';
}

/** Text that stands in a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/**
 * Puts an evaluation into a model's card: its rows of the table under "Measured", in place of those of the same
 * protocol, seed and views; rows of queries that were trained on come last. A folder without a card is left without one.
 */
export async function updateCard(folder: string, evaluation: Evaluation): Promise<void> {
  const path = join(folder, MODEL_FILES.card);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  await writeFileAtomic(path, new TextEncoder().encode(withEvaluation(text, evaluation)));
}

/** The text of a card with an evaluation's rows. */
export function withEvaluation(card: string, evaluation: Evaluation): string {
  const start = card.indexOf(HEADING);
  const from = start < 0 ? card.length : start;
  const next = card.indexOf('\n## ', from + 1);
  const to = next < 0 ? card.length : next;
  const key = keyOf(evaluation);
  const others = card
    .slice(from, to)
    .split('\n')
    .filter((line) => /^\| .+ \| \d/.test(line) && !line.startsWith(key));
  const rows = [...rowsOf(evaluation), ...others];
  const flattering = rows.filter((row) => row.includes(TRAINED_ON));
  const section = [
    HEADING,
    '',
    'Mean average precision (MAP); AP is divided by the relevant pictures within R, a query without a hit counts 0, ties',
    'are broken by a seeded shuffle. Fitted: codebooks learnt afterwards for lengths other than the model’s own. Ridge head',
    'and raw features: what the backbone gives without this learning, by codes of the same length.',
    '',
    '| data | protocol | seed | views | codes | R | queries | database | AQD | inner product | SQD | unquantized |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.filter((row) => !row.includes(TRAINED_ON)),
    ...flattering,
    '',
    ...(flattering.length > 0
      ? [
          `Where queries were ${TRAINED_ON}, the figures flatter the model: they say nothing of pictures that are new to it.`,
          '',
        ]
      : []),
    ...notesOf(evaluation),
  ].join('\n');
  return `${card.slice(0, from)}${start < 0 ? '\n' : ''}${section}${card.slice(to)}`;
}

function keyOf({ data, protocol, seed, views }: Evaluation): string {
  return `| ${cell(data.split('#')[0])} | ${protocol} | ${seed} | ${views} |`;
}

function rowsOf(evaluation: Evaluation): string[] {
  const { R, queries, trainedOn, database, results, baselines } = evaluation;
  const asked = trainedOn ? `${queries} (${trainedOn} ${TRAINED_ON})` : `${queries}`;
  const row = (codes: string, figure: (metric: Metric) => string): string =>
    `${keyOf(evaluation)} ${codes} | ${R} | ${asked} | ${database} | ${METRICS.map(figure).join(' | ')} |`;
  const [own] = results;
  const figures = (map: Record<Metric, number>) => (metric: Metric) => map[metric].toFixed(4);
  return [
    ...results.map(({ bits, fitted, map }) => row(`${bits} bits${fitted ? ', fitted' : ''}`, figures(map))),
    ...(baselines
      ? [
          row(`ridge head + PQ, ${own.bits} bits`, figures(baselines.ridge)),
          row(`raw features + PQ, ${own.bits} bits`, figures(baselines.raw)),
        ]
      : []),
  ];
}

/** What the newest evaluation says beside its rows. */
function notesOf({ command, noBaselines, together }: Evaluation): string[] {
  const lines = (together?.results ?? []).map(({ bits, fitted, map, deviation, seeds }) => {
    const spread = deviation ? ` ± ${deviation.aqd.toFixed(4)}` : '';
    return `- ${bits} bits${fitted ? ', fitted' : ''}, ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}: AQD ${map.aqd.toFixed(4)}${spread}`;
  });
  return [
    ...(lines.length > 0
      ? [`Mean over ${together?.models} models measured together, ± sample standard deviation:`, '', ...lines, '']
      : []),
    ...(noBaselines === undefined ? [] : [`No baselines: ${noBaselines}.`, '']),
    ...(command === undefined ? [] : ['```', command, '```', '']),
  ];
}
