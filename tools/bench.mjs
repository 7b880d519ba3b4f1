/**
 * @file `npm run bench -- NAME [--json]`: ours and the peer's speed in one run, interleaved, as a ratio.
 *
 * A benchmark is a file of tools/bench that exports `rows(say)`, which gives
 * `{ case, ours, peer, theirs, unit, ratio }[]`; `ratio` is how many times better we are, null where the peer is absent.
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

function usage(problem) {
  say(`npm run bench: ${problem}\nUsage: npm run bench -- NAME [--json]     NAME: ${names.join(', ')}`);
  process.exit(2);
}

function args() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
  } catch (error) {
    return usage(error.message);
  }
}

const number = (value) => (value === null || value === undefined ? '–' : Number(value.toPrecision(3)).toString());

function table(rows) {
  const cells = [
    ['case', 'ours', 'peer', 'theirs', 'unit', 'ratio'],
    ...rows.map((r) => [
      r.case,
      number(r.ours),
      r.peer ?? '–',
      number(r.theirs),
      r.unit,
      r.ratio === null ? '–' : `${number(r.ratio)} ×`,
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ')).join('\n');
}

const { values, positionals } = args();
const [bench] = positionals;
if (positionals.length !== 1) usage(positionals.length === 0 ? 'which benchmark?' : 'one benchmark at a time.');
const file = join(folder, `${bench}.bench.mjs`);
if (!existsSync(file)) usage(`there is no benchmark ${bench}.`);

await ensureInstalled();
await ensureBuilt();
const { rows: measure } = await import(pathToFileURL(file).href);
const rows = await measure(say);
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`;
console.log(values.json ? JSON.stringify({ bench, machine, rows }) : `${machine}\n\n${table(rows)}`);
process.exit(0);
