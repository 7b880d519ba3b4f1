/** @file card.md: what a model is, how it was trained and measured, for people. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodebookFile, MODEL_FILES } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import type { RunRecord } from '@dqn/train';
import { codeLength } from './console.ts';
import type { Evaluation } from './report/data.ts';

const HEADING = '## Measured';
const NOTHING_YET = 'Nothing yet: `npx dqn evaluate` measures.';

/** The card of a model that was just exported. */
export function modelCard(o: { codebook: CodebookFile; record: RunRecord; weights: 'f32' | 'f16' | 'i8' }): string {
  const { codebook, record, weights } = o;
  const { M, K, D, classes, training, distance } = codebook;
  const { identity, facts, result, device } = record;
  const bits = M * Math.log2(K);
  const data = training.data.split('#')[0];
  const unreadable = facts.unreadable ? `; ${facts.unreadable} more could not be read` : '';
  const time = result ? ` in ${Math.round(result.seconds)} s` : '';
  const length = identity.recipe.unitLength
    ? 'of unit length'
    : 'not normalised, as in the paper: ranking by AQD loses against inner product';
  return `# ${data}, ${bits} bits

A Deep Quantization Network (Cao, Long, Wang, Zhu, Wen, AAAI 2016): it turns a picture into an embedding whose product
quantization is good, so that pictures are found by codes of ${codeLength(codebook)}.

| | |
|---|---|
| trained on | ${data}: ${training.trainImages} pictures, ${classes.length} classes${unreadable} |
| protocol, seed | ${training.protocol}, ${training.seed} |
| recipe | ${training.recipe}, ${training.epochs} ${training.epochs === 1 ? 'epoch' : 'epochs'} |
| engine | ${training.engine} (${device})${time} |
| input | RGB pictures of any size; \`${MODEL_FILES.preprocess}\` brings them to ${identity.recipe.size} × ${identity.recipe.size} |
| embedding | ${D} dimensions, ${length} |
| code | M = ${M} subspaces of K = ${K} codewords, for ${distance.toUpperCase()} |
| weights | ${weights} |
| model.onnx | sha256 \`${codebook.modelSha256}\` |

${HEADING}

${NOTHING_YET}

## Use

\`\`\`
npx dqn index MODEL IMAGES --out my.gallery
npx dqn serve my.gallery
\`\`\`

It finds what it was trained to tell apart: the ${classes.length} classes of ${data}. Pictures of other things land
somewhere, too; the distance says little about them.
`;
}

/**
 * Puts an evaluation into a model's card: one row of the table under "Measured", in place of the row of the same
 * protocol, seed and views. A folder without a card is left without one.
 */
export async function updateCard(folder: string, evaluation: Evaluation): Promise<void> {
  const path = join(folder, MODEL_FILES.card);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  await writeFileAtomic(path, new TextEncoder().encode(withEvaluation(text, evaluation)));
}

/** The text of a card with an evaluation's row. */
export function withEvaluation(card: string, evaluation: Evaluation): string {
  const { data, protocol, R, seed, views, queries, database, results } = evaluation;
  const key = `| ${data.split('#')[0]} | ${protocol} | ${seed} | ${views} |`;
  const rows = results.map(({ bits, map }) => {
    const figures = [map.aqd, map.ip, map.sqd, map.unquantized].map((figure) => figure.toFixed(4)).join(' | ');
    return `${key} ${bits} | ${R} | ${queries} | ${database} | ${figures} |`;
  });
  const start = card.indexOf(HEADING);
  const from = start < 0 ? card.length : start;
  const next = card.indexOf('\n## ', from + 1);
  const to = next < 0 ? card.length : next;
  const others = card
    .slice(from, to)
    .split('\n')
    .filter((line) => /^\| .+ \| \d/.test(line) && !line.startsWith(key));
  const section = [
    HEADING,
    '',
    'Mean average precision (MAP); AP is divided by the relevant pictures within R, a query without a hit counts 0, ties',
    'are broken by a seeded shuffle.',
    '',
    '| data | protocol | seed | views | bits | R | queries | database | AQD | inner product | SQD | unquantized |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    ...others,
    '',
  ].join('\n');
  return `${card.slice(0, from)}${start < 0 ? '\n' : ''}${section}${card.slice(to)}`;
}
