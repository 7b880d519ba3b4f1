/** @file report.html: one file without any other, in light and dark. */
import { codeLength } from '../console.ts';
import type { Metric } from '../evaluate/measure.ts';
import { escapeText as e, lineChart } from './chart.ts';
import type { Evaluation, Example, Report, ShownPicture } from './data.ts';
import { STYLE } from './style.ts';

/** Id of the element that holds the report's data as JSON. */
export const DATA_ID = 'dqn-report';

const NAMES: Record<Metric, string> = { aqd: 'AQD', ip: 'inner product', sqd: 'SQD', unquantized: 'unquantized' };
const METRIC_NAMES = Object.entries(NAMES) as [Metric, string][];

/** The whole page. */
export function renderReport(report: Report): string {
  const { model } = report;
  const bits = model.M * Math.log2(model.K);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${e(model.data)}, ${bits} bits: Deep Quantization Network</title>
<style>${STYLE}</style>
<main>
<h1>${e(model.data)} in ${bits} bits</h1>
<p class="lead">A network and codebooks learnt by Deep Quantization Network: pictures are found by codes of ${codeLength(model)}.</p>
${facts(report)}
${report.training ? training(report.training) : ''}
${report.evaluations.map(evaluation).join('\n')}
</main>
<script type="application/json" id="${DATA_ID}">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</html>
`;
}

function facts({ model, training: run }: Report): string {
  const rows: [string, string][] = [
    ['Trained on', `${model.data}, ${model.trainImages.toLocaleString('en')} pictures, ${model.classes} classes`],
    ['Protocol', `${model.protocol}, seed ${model.seed}`],
    ['Recipe', `${model.recipe}, ${model.epochs} ${model.epochs === 1 ? 'epoch' : 'epochs'}`],
    [
      'Engine',
      run ? `${model.engine} (${run.device}), ${Math.round(run.seconds).toLocaleString('en')} s` : model.engine,
    ],
    ['Embedding', `${model.D} dimensions`],
    ['Code', `${model.M} subspaces of ${model.K} codewords`],
    ['model.onnx', `sha256 ${model.sha256.slice(0, 16)}…`],
  ];
  return `<dl>${rows.map(([name, value]) => `<div><dt>${e(name)}</dt><dd>${e(value)}</dd></div>`).join('')}</dl>`;
}

function training({ points }: NonNullable<Report['training']>): string {
  if (points.length < 2) return '';
  const line = (name: string, value: (point: (typeof points)[number]) => number) => ({
    name,
    points: points.map((point) => ({ x: point.step, y: value(point) })),
  });
  const x = { label: 'step' };
  return `<h2>Training</h2><div class="charts">
${lineChart({ title: 'Loss', x, y: { label: 'L + λQ', min: 0 }, series: [line('loss', ({ loss }) => loss), line('pairwise L', ({ L }) => L)] })}
${lineChart({ title: 'Quantization loss', x, y: { label: 'Q', min: 0 }, series: [line('Q', ({ Q }) => Q)] })}
</div>`;
}

function evaluation(one: Evaluation): string {
  const [{ map }] = one.results;
  const views = one.views === 1 ? '1 view' : `${one.views} views, averaged`;
  const tiles = METRIC_NAMES.map(
    ([metric, name]) => `<div class="tile"><b>${map[metric].toFixed(3)}</b><span>${e(name)}</span></div>`,
  ).join('');
  const curves = METRIC_NAMES.map(([metric, name]) => ({ name, ...one.curves[metric] }));
  return `<h2>Retrieval: ${e(one.protocol)}</h2>
<p>Mean average precision (MAP) over ${one.queries.toLocaleString('en')} queries in a database of ${one.database.toLocaleString('en')}, R = ${one.R}, seed ${one.seed}, ${views}. Average precision is divided by the relevant pictures within R, a query without a hit counts 0, ties are broken by a seeded shuffle.</p>
<div class="tiles">${tiles}</div>
<div class="charts">
${lineChart({
  title: 'Precision and recall',
  x: { label: 'recall' },
  y: { label: 'precision', min: 0, max: 1 },
  series: curves.map(({ name, precisionRecall }) => ({
    name,
    points: precisionRecall.map(({ recall, precision }) => ({ x: recall, y: precision })),
  })),
})}
${lineChart({
  title: 'Precision of the first N hits',
  x: { label: 'N', scale: 'log' },
  y: { label: 'precision', min: 0, max: 1 },
  series: curves.map(({ name, precisionAt }) => ({
    name,
    points: precisionAt.map(({ n, precision }) => ({ x: n, y: precision })),
  })),
})}
</div>
${one.examples?.length ? examples(one.examples) : ''}`;
}

function examples(list: readonly Example[]): string {
  const picture = ({ src, name, isRight }: ShownPicture): string =>
    `<img src="${e(src)}" alt="${e(name)}" title="${e(name)}" class="${isRight ? 'right' : 'wrong'}">`;
  return `<h3>Queries and their nearest pictures</h3>
<p>The query stands first; hits that share no label with it are faded and underlined.</p>
<div class="examples">${list
    .map(({ query, hits }) => `<div>${picture(query)}<i></i>${hits.map(picture).join('')}</div>`)
    .join('\n')}</div>`;
}
