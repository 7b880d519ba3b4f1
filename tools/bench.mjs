/**
 * @file `npm run bench -- NAME [--json]`: ours and the peer's speed in one run, interleaved, as a ratio.
 *
 * A benchmark is a file NAME.bench.mjs of tools/bench that exports `rows(say, options)`, which gives
 * `{ case, ours, peer, theirs, unit, ratio }[]`; `ratio` is how many times better we are, null where the peer is absent.
 * NAME.options.mjs beside it may export `OPTIONS`, name → { value, read }: options that it takes beside --json (`value`
 * is the usage's word, `read` gives the value or throws what was wrong with it); and `COLUMNS`, title → (row) => text:
 * what its table shows more.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, ROOT, say } from './workspace.mjs';

const folder = join(ROOT, 'tools/bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.mjs'))
  .map((file) => file.replace('.bench.mjs', ''));

/** NAME → what NAME.options.mjs exports. */
const extras = Object.fromEntries(
  await Promise.all(
    names.map(async (name) => {
      const file = join(folder, `${name}.options.mjs`);
      return [name, existsSync(file) ? await import(pathToFileURL(file).href) : {}];
    }),
  ),
);

function usage(problem) {
  const lines = names.map((name) => {
    const own = Object.entries(extras[name].OPTIONS ?? {}).map(([option, { value }]) => ` [--${option} ${value}]`);
    return `  npm run bench -- ${name} [--json]${own.join('')}`;
  });
  say(`npm run bench: ${problem}\nUsage:\n${lines.join('\n')}`);
  process.exit(2);
}

function parse(known, strict) {
  const options = { json: { type: 'boolean', default: false } };
  for (const name of known) options[name] = { type: 'string' };
  try {
    return parseArgs({ allowPositionals: true, options, strict });
  } catch (error) {
    return usage(error.message);
  }
}

/** The benchmark's name and its options, read. */
function args() {
  // First the name, whatever stands around it: it says which options there are.
  const all = Object.values(extras).flatMap((extra) => Object.keys(extra.OPTIONS ?? {}));
  const { positionals } = parse(all, false);
  if (positionals.length !== 1) usage(positionals.length === 0 ? 'which benchmark?' : 'one benchmark at a time.');
  const [bench] = positionals;
  if (!names.includes(bench)) usage(`there is no benchmark ${bench}.`);
  const own = extras[bench].OPTIONS ?? {};
  const { values } = parse(Object.keys(own), true);
  const options = {};
  for (const [name, { read }] of Object.entries(own)) {
    try {
      options[name] = read(values[name]);
    } catch (error) {
      usage(`--${name}: ${error.message}`);
    }
  }
  return { bench, json: values.json, options };
}

const number = (value) => (value === null || value === undefined ? '–' : Number(value.toPrecision(3)).toString());

function table(rows, columns) {
  const cells = [
    ['case', 'ours', 'peer', 'theirs', 'unit', 'ratio', ...Object.keys(columns)],
    ...rows.map((r) => [
      r.case,
      number(r.ours),
      r.peer ?? '–',
      number(r.theirs),
      r.unit,
      r.ratio === null ? '–' : `${number(r.ratio)} ×`,
      ...Object.values(columns).map((text) => text(r)),
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ')).join('\n');
}

const { bench, json, options } = args();
await ensureInstalled();
await ensureBuilt();
const { rows: measure } = await import(pathToFileURL(join(folder, `${bench}.bench.mjs`)).href);
const rows = await measure(say, options);
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`;
const columns = extras[bench].COLUMNS ?? {};
console.log(json ? JSON.stringify({ bench, machine, rows }) : `${machine}\n\n${table(rows, columns)}`);
process.exit(0);
