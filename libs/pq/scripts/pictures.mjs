/**
 * @file Draws the pictures of docs/how-it-works.md from a real index and a real query, and writes its table of what
 * queries visit. Run `npm run build` first.
 *
 *     node scripts/pictures.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { drawBounds } from './pictures/bound.mjs';
import { drawCells } from './pictures/cells.mjs';
import { drawLanes } from './pictures/lanes.mjs';
import { dataSet, follow, openIndex } from './pictures/query.mjs';
import { LARGE, ROWS, SMALL } from './pictures/sets.mjs';
import { drawSurvivors } from './pictures/survivors.mjs';
import { count } from './pictures/svg.mjs';

const docs = new URL('../docs/', import.meta.url);
const write = (name, svg) => writeFileSync(new URL(name, docs), svg);

function walkOf(options, k, query = 0) {
  const data = dataSet({ ...options, queries: query + 1 });
  const index = openIndex(data);
  const walk = follow(data, index, data.tables[query], k);
  return { ...walk, ids0: index.structure.items().ids };
}

const small = walkOf(SMALL, 100);
const large = walkOf(LARGE, 10);
write('cells.svg', drawCells(small));
write(
  'bound.svg',
  drawBounds([
    { walk: small, title: 'Multi-index: M = 4, K = 64, k = 100' },
    { walk: large, title: 'Coarse cells: M = 8, K = 256, k = 10' },
  ]),
);
write('lanes.svg', drawLanes(large));
write('survivors.svg', drawSurvivors(large));

/** What queries of sets that differ visit, medians of QUERIES. */
const QUERIES = 31;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const rows = ROWS.map((set) => {
  const data = dataSet({ ...set, queries: QUERIES });
  const index = openIndex(data);
  const visits = data.tables.map((table) => index.search(table, 10).visited);
  const of = (name) => median(visits.map((visit) => visit[name]));
  const cells = `${count(of('cells'))} of ${count(visits[0].of)}`;
  const share = `${((100 * of('items')) / set.N).toPrecision(2)} %`;
  const { kind, distinct } = index.structure;
  const structure = distinct ? `${kind}, distinct codes` : kind;
  return [set.name, set.M, count(set.N), structure, cells, `${count(of('items'))} (${share})`, count(of('exact'))];
});
const heads = ['data', 'M', 'items', 'structure', 'cells looked into', 'items looked at', 'scored exactly'];
const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const [BEGIN, END] = ['<!-- The table below is made by scripts/pictures.mjs. -->', '<!-- Up to here. -->'];
const page = new URL('how-it-works.md', docs);
const text = readFileSync(page, 'utf8');
writeFileSync(
  page,
  `${text.slice(0, text.indexOf(BEGIN) + BEGIN.length)}\n\n${table}\n\n${text.slice(text.indexOf(END))}`,
);
