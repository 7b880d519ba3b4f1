/**
 * @file `node tools/fanout.mjs [FIGURES] [--items 1e9] [--trials 2e6] [--write]`: what a gallery over many shards would take, from
 * what one shard was measured to take (docs/figures/scale.json, written by `npm run bench -- scale --save FILE`).
 *
 * A search waits for its slowest shard. A trial draws a query, then for every shard one of that query's measured times at
 * the shard's number of rows: how hard a query is, all shards share; what else happened, each has for itself. Some calls
 * are held up (HICCUP), and every call crosses the network (NETWORK_MS): a search without a filter is one statement. With two
 * copies of a shard, a call that is later than 95 of 100 is sent to the other one, too, and the first answer counts.
 * With --write the tables go into docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from '@dqn/pq';

const FIGURES = new URL('../docs/figures/scale.json', import.meta.url);
const PAGE = new URL('../docs/scale.md', import.meta.url);
/** Assumed: one call in 2,000 meets a merge, a pause or a lost packet, and loses 200 ms. */
export const HICCUP = { chance: 1 / 2000, ms: 200 };
/** Assumed: there and back inside one data centre, and the merge of the answers. */
export const NETWORK_MS = 1;
/** How busy a core may be before those who wait make the tail. */
const BUSY = 0.5;
const HOURS_A_MONTH = 730;
/** Nobody runs searches that more shards have to answer. */
const MOST_SHARDS = 200;
/** Room on the disk for merges and the next codebook's gallery beside this one. */
const DISK_ROOM = 3;

/**
 * Dollars: Linux on demand, us-east-1. The first price is that of 2026-06-17 in factualminds.com, "Amazon EC2 On-Demand
 * Pricing: Instance Families", the others are assumed: twice the size at twice the price, and a disk at .08 a GB.
 */
export const MACHINES = [
  { name: 'm7g.large', cores: 2, memory: 8e9, hour: 0.0816 },
  { name: 'm7g.xlarge', cores: 4, memory: 16e9, hour: 0.1632 },
  { name: 'm7g.2xlarge', cores: 8, memory: 32e9, hour: 0.3264 },
];
export const DISK_GB_MONTH = 0.08;

/** The value below which a share of the sorted values lies. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/**
 * Sorted milliseconds of searches over `shards` shards.
 *
 * @param times measured milliseconds, a list for each query
 * @param copies 1, or 2: the slow are asked for twice
 */
export function simulate(times, { shards, copies = 1, trials, seed = 1, hiccup = HICCUP, network = NETWORK_MS }) {
  const random = createRandom(seed);
  const all = Float64Array.from(times.flat()).sort();
  const late = quantile(all, 0.95);
  const call = (own) => own[random.integer(own.length)] + (random.next() < hiccup.chance ? hiccup.ms : 0);
  const result = new Float64Array(trials);
  for (let trial = 0; trial < trials; trial++) {
    const own = times[random.integer(times.length)];
    let slowest = 0;
    for (let shard = 0; shard < shards; shard++) {
      let ms = call(own);
      if (copies > 1 && ms > late) ms = Math.min(ms, late + call(own));
      if (ms > slowest) slowest = ms;
    }
    result[trial] = slowest + network;
  }
  return result.sort();
}

const short = (value) => Number(value.toPrecision(value >= 100 ? 3 : 2)).toLocaleString('en');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const millions = (rows) => `${rows / 1e6}M`;

/** Bytes of a shard: its items, and where each lies, which is filled for the smaller sizes only. */
function bytesOf({ rows, items }, sizes) {
  const filled = sizes.findLast(({ places }) => places > 0);
  return items + (filled ? (rows * filled.places) / filled.rows : 0);
}

/** What a shard of each measured size takes. */
function shardTable({ sizes }) {
  const rows = sizes.map((size) => {
    const all = Float64Array.from(size.times.flat()).sort();
    const bytes = bytesOf(size, sizes);
    return [
      ...[millions(size.rows), short(bytes / size.rows), short(bytes / 1e9), short(size.keys / 1e3)],
      ...[short(quantile(all, 0.5)), short(quantile(all, 0.99)), short(size.cpu), short(size.scan)],
    ];
  });
  return table(['rows', 'bytes a row', 'GB', 'kB of keys', 'p50 ms', 'p99 ms', 'CPU ms', 'full scan ms'], rows);
}

function tailTable({ sizes }, items, trials) {
  const rows = [];
  for (const { rows: held, times } of sizes) {
    const shards = Math.ceil(items / held);
    if (shards > MOST_SHARDS) continue;
    for (const copies of [1, 2]) {
      const ms = simulate(times, { shards, copies, trials: Math.ceil(trials / shards) });
      const shown = [0.5, 0.99, 0.999].map((share) => short(quantile(ms, share)));
      rows.push([`${shards} × ${millions(held)}`, copies, ...shown]);
    }
  }
  return table(['shards', 'copies', 'p50 ms', 'p99 ms', 'p99.9 ms'], rows);
}

/** The cheapest machine that holds a shard in its memory, for each size. */
function costTable({ sizes }, items) {
  const rows = [];
  for (const size of sizes) {
    const { rows: held, cpu } = size;
    const shards = Math.ceil(items / held);
    if (shards > MOST_SHARDS) continue;
    const bytes = bytesOf(size, sizes);
    const machine = MACHINES.find(({ memory }) => bytes < memory / 2) ?? MACHINES.at(-1);
    const disk = DISK_ROOM * (bytes / 1e9) * DISK_GB_MONTH;
    const month = 2 * shards * (machine.hour * HOURS_A_MONTH + disk);
    const perSecond = (2 * BUSY * machine.cores * 1000) / cpu;
    rows.push([
      ...[`${shards} × ${millions(held)}`, `${2 * shards} ${machine.name}`, short((shards * bytes) / 1e9)],
      ...[short(perSecond), `$${short(month)}`, `$${short((month / perSecond) * 100)}`],
    ]);
  }
  const head = ['shards', 'machines (two copies)', 'GB a copy', 'queries/s', 'a month', 'a month for 100 queries/s'];
  return table(head, rows);
}

/** The tables by their names in the page. */
function tables(figures, items, trials) {
  const { machine, engine, date, set, M, k, note } = figures;
  const shard = `${engine}, M = ${M}, set \`${set}\`, k = ${k}; ${machine}; ${date}${note ? `. ${note}` : ''}`;
  return {
    shard: `One shard. ${shard}:\n\n${shardTable(figures)}`,
    tail: `${short(items)} items, the latency of a search:\n\n${tailTable(figures, items, trials)}`,
    cost: `${short(items)} items, the cost:\n\n${costTable(figures, items)}`,
  };
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      items: { type: 'string', default: '1e9' },
      trials: { type: 'string', default: '2e6' },
      write: { type: 'boolean', default: false },
    },
  });
  const figures = JSON.parse(readFileSync(positionals[0] ?? FIGURES, 'utf8'));
  const made = tables(figures, Number(values.items), Number(values.trials));
  if (!values.write) console.log(Object.values(made).join('\n\n'));
  else {
    const page = readFileSync(PAGE, 'utf8');
    writeFileSync(
      PAGE,
      page.replace(
        /(<!-- figures: (\w+) -->\n).*?(<!-- \/figures -->)/gs,
        (_, begin, name, end) => `${begin}${made[name]}\n${end}`,
      ),
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
