/** @file What was measured: the table of MAP, and the curves. */
import { DATASET_NAMES } from '@dqn/data';
import { METRICS, type Metric } from '../evaluate/measure.ts';
import { METRIC_NAMES, trainedOnText, viewsText } from '../evaluate/tell.ts';
import { type Draw, lineFigure } from './charts.ts';
import type { Evaluation, Report } from './data.ts';
import { escapeText as e, table, whole } from './html.ts';

/** The first evaluation open, the others folded. */
export function retrieval(draw: Draw, report: Report): string {
  const [first, ...others] = report.evaluations;
  if (!first) {
    const { data } = report.model;
    const named = (DATASET_NAMES as readonly string[]).includes(data) ? data : 'FOLDER';
    return `<p>Nothing is measured yet: <code>npx dqn evaluate MODEL --data ${named}</code> adds MAP, curves, the use of the codes, a map of the embedding and examples.</p>`;
  }
  const folded = others.map(
    (one) =>
      `<details><summary>${e(nameOf(one))}: AQD ${one.results[0].map.aqd.toFixed(3)}${one.trainedOn ? `, ${e(trainedOnText(one))}` : ''}</summary>${evaluation(draw, one)}</details>`,
  );
  return `${tiles(first)}
${evaluation(draw, first)}
${folded.length > 0 ? `<h3>Measured otherwise</h3>${folded.join('\n')}` : ''}`;
}

function nameOf({ data, protocol, seed, views }: Evaluation): string {
  return `${data.split('#')[0]}, protocol ${protocol}, seed ${seed}, ${viewsText(views)}`;
}

function tiles({ results: [{ bits, map }] }: Evaluation): string {
  const one = (metric: Metric): string =>
    `<div class="tile"><b>${map[metric].toFixed(3)}</b><span>${e(METRIC_NAMES[metric])}</span></div>`;
  return `<p class="above">MAP at ${bits} bits, ranked by</p><div class="tiles">${METRICS.map(one).join('')}</div>`;
}

function evaluation(draw: Draw, one: Evaluation): string {
  const flattery = one.trainedOn ? `<p><b>${e(trainedOnText(one))}: these figures flatter the model.</b></p>` : '';
  return `${flattery}<p>Mean average precision (MAP) over ${whole(one.queries)} queries in a database of ${whole(one.database)}: data ${e(one.data.split('#')[0])}, protocol ${e(one.protocol)}, R = ${one.R}, seed ${one.seed}, ${one.views === 1 ? '1 view' : `${one.views} views, averaged`}. Average precision is divided by the relevant pictures within R, a query without a hit counts 0, ties are broken by a seeded shuffle.</p>
${mapTable(one)}
${meanTable(one)}
<div class="charts">${curves(draw, one)}</div>`;
}

const HEAD = ['codes', ...METRICS.map((metric) => e(METRIC_NAMES[metric]))];

function mapTable(one: Evaluation): string {
  const cells = (map: Record<Metric, number>): string[] => METRICS.map((metric) => map[metric].toFixed(4));
  const [own] = one.results;
  const rows = [...one.results]
    .sort((a, b) => a.bits - b.bits)
    .map((row) => [
      `${row === own ? `<b>${row.bits} bits</b>` : `${row.bits} bits`} <span>${row.M} × ${row.K}${row.fitted ? ', fitted' : ''}</span>`,
      ...cells(row.map),
    ]);
  const { baselines } = one;
  if (baselines) {
    rows.push(
      [`ridge head + PQ <span>${own.bits} bits</span>`, ...cells(baselines.ridge)],
      [`raw features + PQ <span>${own.bits} bits</span>`, ...cells(baselines.raw)],
    );
  }
  const notes = [
    one.results.some(({ fitted }) => fitted)
      ? 'Fitted: codebooks learnt afterwards from the training pictures’ embeddings, for lengths other than the model’s own.'
      : '',
    baselines
      ? 'Ridge head and raw features: product quantization of what the backbone gives without this learning, a linear head in closed form and none.'
      : one.noBaselines === undefined
        ? ''
        : `No baselines: ${one.noBaselines}.`,
  ].filter((note) => note !== '');
  return `${table(HEAD, rows)}${notes.length > 0 ? `<p class="note">${e(notes.join(' '))}</p>` : ''}`;
}

function meanTable({ together }: Evaluation): string {
  if (!together) return '';
  const rows = together.results.map((row) => [
    `${row.bits} bits <span>${row.M} × ${row.K}${row.fitted ? ', fitted' : ''}; ${row.seeds.length === 1 ? 'seed' : 'seeds'} ${row.seeds.join(', ')}</span>`,
    ...METRICS.map(
      (metric) =>
        row.map[metric].toFixed(4) + (row.deviation ? ` <span>± ${row.deviation[metric].toFixed(4)}</span>` : ''),
    ),
  ]);
  return `<h3>Mean over ${together.models} models</h3>${table(HEAD, rows)}<p class="note">Measured in one go with this one; ± the sample standard deviation over the models.</p>`;
}

function curves(draw: Draw, one: Evaluation): string {
  const lines = METRICS.map((metric) => ({ name: METRIC_NAMES[metric], ...one.curves[metric] }));
  return [
    lineFigure(draw, {
      title: 'Precision and recall',
      note: '',
      x: { name: 'recall', max: 1 },
      y: { name: 'precision', max: 1 },
      series: lines.map(({ name, precisionRecall }) => ({
        name,
        points: precisionRecall.map(({ recall, precision }) => [recall, precision] as const),
      })),
    }),
    lineFigure(draw, {
      title: 'Precision of the first N hits',
      note: '',
      x: { name: 'N', isLog: true },
      y: { name: 'precision', max: 1 },
      series: lines.map(({ name, precisionAt }) => ({
        name,
        points: precisionAt.map(({ n, precision }) => [n, precision] as const),
      })),
    }),
  ].join('\n');
}
