/** @file ClickHouse in this process: pruned searches against the plain scan, our own index and Faiss. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createIndex, lookupTable } from '@dqn/pq';
import { openClickHouseStore } from '@dqn/server';
import { countName, dataSet } from '../search/data.mjs';
import { startFaiss } from '../search/peer.mjs';
import { race } from '../search/race.mjs';
import { codebookOf, fillingStatements, mustBeEqual, readHits, scanStatement, warmUp } from './tables.mjs';

const SET = 'hard';
const M = 4;
/** Queries that are timed for the distribution, and how often each. */
const TIMED = { queries: 64, rounds: 20 };
/** Above this, the table of places isn't filled: it takes as long as all else, and no search reads it. */
const PLACES_UP_TO = 1e7;
/** Few large parts: fewer merges. One thread, so that a row's number is its place in the set. */
const FILLING = ' SETTINGS max_threads = 1, min_insert_block_size_rows = 8000000, min_insert_block_size_bytes = 0';
/** How many times faster than the plain scan a pruned search has to be, by rows. */
const ASKED = [
  [1e8, 30],
  [1e7, 5],
];

async function loadChdb(say) {
  try {
    return (await import('chdb')).Session;
  } catch {
    say('NO CHDB: the rows of one process are left out. npm install chdb');
    return undefined;
  }
}

/** Rows and bytes on the disk of a table. */
function sizeOf(session, table) {
  const [database, name] = table.split('.');
  const sql = `SELECT sum(rows), sum(bytes_on_disk), sum(primary_key_bytes_in_memory) FROM system.parts WHERE active AND database = '${database}' AND table = '${name}'`;
  const [rows, bytes, keys] = session.query(sql, 'TSV').trim().split('\t').map(Number);
  return { rows, bytes, keys };
}

/** A gallery of n items in a folder of its own. */
async function fill(context, Session, set) {
  const { say, folder } = context;
  const url = `chdb:${join(folder, `${SET}-${set.n}`)}?database=gallery`;
  const of = codebookOf(set);
  const open = () => openClickHouseStore(url, { ...of, create: { idKind: 'u32' } });
  await (await open()).close();
  const session = new Session(join(folder, `${SET}-${set.n}`));
  const tables = { items: 'gallery.items_local', places: 'gallery.places_local' };
  const cell = session.query("SELECT value FROM gallery.meta_local WHERE name = 'cell'", 'TSV').trim().split(',');
  const columns = Array.from({ length: M }, (_, m) => `m${m} UInt8`).join(', ');
  const source = `file('${set.file}', 'RowBinary', '${columns}')`;
  const start = performance.now();
  const statements = fillingStatements(set, tables, { source, cell, places: set.n <= PLACES_UP_TO, settings: FILLING });
  for (const sql of statements) await session.queryAsync(sql);
  const seconds = (performance.now() - start) / 1e3;
  await session.queryAsync(`OPTIMIZE TABLE ${tables.items} FINAL`);
  const items = sizeOf(session, tables.items);
  const places = sizeOf(session, tables.places);
  if (items.rows !== set.n) throw new Error(`the table holds ${items.rows} rows; expected ${set.n}`);
  say(
    `chdb holds ${countName(set.n)} items, ${(items.bytes / set.n).toFixed(1)} bytes each on the disk, after ${seconds.toFixed(0)} s`,
  );
  return { session, store: await open(), items, places, seconds, table: tables.items };
}

/** Faiss's IndexPQ of the newest build, alone: 100M codes in FastScan, too, would not fit everywhere. */
async function faiss(context, set) {
  context.builds ??= await startFaiss(context.say);
  const build = context.builds.at(-1);
  if (build === undefined) return undefined;
  await build.ask({ do: 'load', file: set.file, json: set.json, n: set.n, kinds: ['pq'] });
  return build;
}

async function sizeRows(context, Session, n) {
  const { say, add, wanted } = context;
  const name = (k) => `pruned ${countName(n)} k=${k}`;
  const ks = [10, 100].filter((k) => wanted(name(k)));
  if (ks.length === 0 && !context.save) return undefined;
  const set = await dataSet(SET, M, n, say);
  const filled = await fill(context, Session, set);
  const { session, store, table } = filled;
  const index = await createIndex({ codebook: set.codebook, codes: set.codes, autoMerge: false });
  const build = await faiss(context, set);
  const query = (i) => set.queries.subarray(i * set.D, (i + 1) * set.D);
  await warmUp(store, query(0));
  const timed = async (call) => {
    const start = performance.now();
    const hits = await call();
    return { ms: performance.now() - start, hits };
  };
  const pruned = (k) => (i) => timed(() => store.search(query(i), { k, distance: 'aqd' }));
  const scan = (k) => (i) => {
    const sql = scanStatement(table, set, lookupTable(set.codebook, query(i), 'aqd'), k);
    return timed(async () => readHits((await session.queryAsync(sql, { format: 'TSV' })).text()));
  };
  let scanMs;
  try {
    for (const k of ks) {
      let last;
      let verified = 0;
      const contestants = {
        ours: pruned(k),
        'plain scan': scan(k),
        'ours in memory': (i) => timed(() => index.search(query(i), { k })),
        ...(build && { 'Faiss IndexPQ': (i) => build.ask({ do: 'search', kind: 'pq', query: i, k }) }),
      };
      const times = await race(contestants, (who, i, { hits }) => {
        if (who === 'ours') last = hits;
        if (who !== 'plain scan') return;
        mustBeEqual(`${name(k)}, query ${i}`, last, hits);
        verified++;
      });
      const { ours, ...peers } = times;
      scanMs ??= peers['plain scan'].median;
      for (const [peer, { median }] of Object.entries(peers)) {
        const ratio = median / ours.median;
        const asked = peer === 'plain scan' ? ASKED.find(([rows]) => n >= rows)?.[1] : undefined;
        const row = { case: name(k), ours: ours.median, peer, theirs: median, unit: 'ms', ratio, p99: ours.slowest };
        add({ ...row, verified, ...(asked && { asked: `${asked} ×`, met: ratio >= asked }) });
      }
    }
    return context.save && (await distribution(context, { set, filled, pruned, scan, scanMs }));
  } finally {
    index.close();
    await build?.ask({ do: 'drop' });
    await store.close();
    session.close();
  }
}

/** How long each query takes, many times over: what tools/fanout.mjs draws from. */
async function distribution({ say }, { set, filled, pruned, scan, scanMs }) {
  const search = pruned(10);
  let cpu = 0;
  const times = Array.from({ length: TIMED.queries }, () => []);
  for (let round = -1; round < TIMED.rounds; round++)
    for (let i = 0; i < TIMED.queries; i++) {
      const before = process.cpuUsage();
      const { ms } = await search(i);
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      times[i].push(Number(ms.toFixed(2)));
      cpu += (user + system) / 1e3 / (TIMED.queries * TIMED.rounds);
    }
  say(`${countName(set.n)}: ${TIMED.queries * TIMED.rounds} searches timed`);
  const { items, places, seconds } = filled;
  const scanned = scanMs ?? (await scan(10)(0)).ms;
  const bytes = { items: items.bytes, places: places.bytes, keys: items.keys };
  return { rows: set.n, ...bytes, fill: seconds, cpu, scan: scanned, times };
}

/** All rows of one process; with --save what a shard takes, by rows. */
export async function embeddedRows(context) {
  const { n, wanted, say } = context;
  if (![...n].some((one) => [10, 100].some((k) => wanted(`pruned ${countName(one)} k=${k}`)))) return undefined;
  const Session = await loadChdb(say);
  if (Session === undefined) return undefined;
  const sizes = [];
  // The largest first: smaller sets are its beginning.
  for (const one of [...new Set(n)].sort((a, b) => b - a)) {
    const size = await sizeRows(context, Session, one);
    if (size) sizes.unshift(size);
  }
  for (const build of context.builds ?? []) build.close();
  if (sizes.length === 0) return undefined;
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores`;
  const date = new Date().toISOString().slice(0, 10);
  return { machine, date, engine: await engineName(Session, context.folder), set: SET, M, k: 10, sizes };
}

async function engineName(Session, folder) {
  const session = new Session(join(folder, 'version'));
  const version = session.query('SELECT version()', 'TSV').trim();
  session.close();
  return `chdb ${version}`;
}
