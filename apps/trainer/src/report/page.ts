/** @file report.html: one file without any other, in light and dark. */
import { codeLength, countOf, duration } from '../console.ts';
import { type Draw, lineFigure, openCharts } from './charts.ts';
import type { Report } from './data.ts';
import { escapeText as e, table, whole } from './html.ts';
import { codes, confusionTable, examples } from './insight.ts';
import { embeddingMap } from './map.ts';
import { retrieval } from './retrieval.ts';
import { STYLE } from './style.ts';

/** Id of the element that holds the report's data as JSON. */
export const DATA_ID = 'dqn-report';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

/** The whole page. */
export async function renderReport(report: Report): Promise<string> {
  const { model } = report;
  const bits = model.M * Math.log2(model.K);
  const list = sections(await openCharts(), report);
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
<nav>${list.map(({ id, title }) => `<a href="#${id}">${e(title)}</a>`).join(' ')}</nav>
${list.map(({ id, title, body }) => `<section id="${id}"><h2>${e(title)}</h2>\n${body}</section>`).join('\n')}
</main>
<script type="application/json" id="${DATA_ID}">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</html>
`;
}

/** What there is something to say about. */
function sections(draw: Draw, report: Report): Section[] {
  const { insight } = report;
  const list: Section[] = [{ id: 'retrieval', title: 'Retrieval', body: retrieval(draw, report) }];
  if (insight) {
    list.push({
      id: 'queries',
      title: 'Queries',
      body: `<p>The best and the worst queries by average precision (the figure in front), one of each class before any comes again. The query stands left of the line, its nearest pictures by AQD right of it; ✓ shares a label with the query, ✗ does not.</p>${examples('Best', insight.best)}${insight.worst.length > 0 ? examples('Worst', insight.worst) : '<h3>Worst</h3><p>There are none: the average precision of every query is 1.</p>'}`,
    });
    if (insight.map) {
      list.push({
        id: 'map',
        title: 'Map',
        body: `<p>The embedding in two dimensions by UMAP: pictures that are neighbours there are neighbours here; distances between far ones mean little, and dense places are drawn larger. Pictures of the queries and of the database, drawn by chance; a picture with several labels has the colour of its first.</p>${embeddingMap(draw, insight.map)}`,
      });
    }
    list.push({ id: 'confusion', title: 'Confusion', body: confusionTable(insight.confusion) });
    list.push({ id: 'codes', title: 'Codes', body: codes(draw, insight.usage) });
  }
  list.push({ id: 'training', title: 'Training', body: training(draw, report) });
  list.push({ id: 'settings', title: 'Settings', body: settings(report) });
  return list;
}

function facts({ model, training: run, run: more }: Report): string {
  const time = run ? ` (${run.device}), ${duration(run.seconds)}` : '';
  const rows: [string, string][] = [
    [
      'Trained on',
      `${model.data}, ${whole(model.trainImages)} pictures, ${countOf(model.classes, 'class', 'classes')}`,
    ],
    ['Protocol', `${model.protocol}, seed ${model.seed}`],
    ['Recipe', `${model.recipe}, ${model.epochs} ${model.epochs === 1 ? 'epoch' : 'epochs'}`],
    ...(more?.backbone ? ([['Backbone', more.backbone.name]] as [string, string][]) : []),
    ['Engine', `${model.engine}${time}`],
    ['Embedding', `${model.D} dimensions${more?.unitLength ? ' of unit length' : ''}`],
    ['Code', `${model.M} subspaces of ${model.K} codewords`],
  ];
  return `<dl>${rows.map(([name, value]) => `<div><dt>${e(name)}</dt><dd>${e(value)}</dd></div>`).join('')}</dl>`;
}

function training(draw: Draw, { training: run }: Report): string {
  if (!run) {
    return '<p>This report was begun by an evaluation, away from the run: nothing is known of how the losses fell. <code>npx dqn export</code> writes it down.</p>';
  }
  const { points } = run;
  if (points.length < 2) return '<p>The run was too short for curves.</p>';
  const line = (name: string, value: (point: (typeof points)[number]) => number, from = points) => ({
    name,
    points: from.map((point) => [point.step, value(point)] as const),
  });
  const x = { name: 'step', min: 0 };
  const first = points.findIndex(({ Q }) => Q > 0);
  if (first < 0) {
    return `${lineFigure(draw, { title: 'Loss', x, y: { name: 'pairwise loss L' }, series: [line('L', ({ L }) => L)] })}
<p>There was no quantization loss: the codebooks were learnt from the outputs of the finished network.</p>`;
  }
  return `<div class="charts">
${lineFigure(draw, { title: 'Loss', x, y: { name: 'L, and what is minimised' }, series: [line('pairwise L', ({ L }) => L), line('L + λQ', ({ loss }) => loss)] })}
${lineFigure(draw, { title: 'Quantization loss', x, y: { name: 'Q, from the first codebooks on' }, series: [line('Q', ({ Q }) => Q, points.slice(first))] })}
</div>`;
}

function settings({ model, run, evaluations }: Report): string {
  const commands = [...(run?.commands ?? []), ...evaluations.flatMap(({ command }) => command ?? [])];
  const hashes: [string, string][] = [
    ['model.onnx', model.sha256],
    ...(model.codebookSha256 ? ([['codebook.pb', model.codebookSha256]] as [string, string][]) : []),
    ...(model.preprocessSha256 ? ([['preprocess.onnx', model.preprocessSha256]] as [string, string][]) : []),
    ...(run?.hashes ?? []).map(([name, hash]): [string, string] => [name, hash]),
  ];
  const recipe = run
    ? `<details><summary>The recipe's ${run.settings.length} settings</summary>${table(
        ['setting', 'value'],
        run.settings.map(([name, value]) => [e(name), e(value)]),
        'list',
      )}</details>`
    : '<p>The recipe’s settings are not known: this report was begun by an evaluation.</p>';
  return `${commands.length > 0 ? `<h3>Commands</h3><pre>${[...new Set(commands)].map(e).join('\n')}</pre>` : ''}
${recipe}
<h3>sha256</h3>${table(
    ['of', 'hexadecimal'],
    hashes.map(([name, hash]) => [e(name), `<code>${e(hash)}</code>`]),
    'list',
  )}`;
}
