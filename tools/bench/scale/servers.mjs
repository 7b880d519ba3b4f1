/** @file Two servers and a Distributed table: searches alone, together, and while items are inserted. */
import { createIndex, lookupTable } from '@dqn/pq';
import { openClickHouseStore } from '@dqn/server';
import { clusterIsMissing, startCluster } from '../../cluster.mjs';
import { median } from '../interleave.mjs';
import { countName, dataSet } from '../search/data.mjs';
import { race } from '../search/race.mjs';
import { mustEqual } from '../search/verify.mjs';
import { codebookOf, codeColumns, fillingStatements, readHits, scanStatement, warmUp } from './tables.mjs';

const SET = 'hard';
const M = 4;
const K_HITS = 10;
/** Searches at a time. */
const CLIENTS = 4;
/** Items a write, as a worker of the queue sends them. */
const WRITE = 1000;
/** Bytes of codes that go to a server at a time. */
const PIECE = 4 << 20;

async function ask({ url }, sql, { body, settings = '' } = {}) {
  const query = body ? `&query=${encodeURIComponent(sql)}` : '';
  const reply = await fetch(`${url}/?max_query_size=1000000000&max_ast_elements=1000000${settings}${query}`, {
    method: 'POST',
    body: body ?? sql,
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${sql.slice(0, 100)}: ${text.slice(0, 500)}`);
  return text;
}

/** Each server is given its part of the codes and spreads them over both by the hash of the id. */
async function fill({ shards }, set, say) {
  const start = performance.now();
  const columns = codeColumns(M).map((name) => `${name} UInt8`);
  const [a, b] = (await ask(shards[0], "SELECT value FROM gallery.meta_local WHERE name = 'cell'")).trim().split(',');
  const part = Math.ceil(set.n / shards.length);
  await Promise.all(
    shards.map(async (shard, i) => {
      const first = i * part;
      const codes = set.codes.subarray(first * M, Math.min(set.n, first + part) * M);
      await ask(shard, `CREATE TABLE codes (${columns.join(', ')}) ENGINE = Log`);
      for (let at = 0; at < codes.length; at += PIECE)
        await ask(shard, 'INSERT INTO codes FORMAT RowBinary', { body: codes.subarray(at, at + PIECE) });
      const tables = { items: 'gallery.items', places: 'gallery.places' };
      const how = { source: 'codes', cell: [a, b], first, places: false };
      // One thread, so that a row's number is its place in the set.
      const settings = '&insert_distributed_sync=1&max_threads=1';
      for (const sql of fillingStatements({ M, n: part }, tables, how)) await ask(shard, sql, { settings });
      await ask(shard, 'DROP TABLE codes');
    }),
  );
  for (const shard of shards) {
    await ask(shard, 'INSERT INTO gallery.places_local (id, cell) SELECT id, cell FROM gallery.items_local');
    for (const table of ['items_local', 'places_local']) await ask(shard, `OPTIMIZE TABLE gallery.${table} FINAL`);
  }
  const rows = Number(await ask(shards[1], 'SELECT count() FROM gallery.items'));
  if (rows !== set.n) throw new Error(`the servers hold ${rows} rows; expected ${set.n}`);
  say(`two servers hold ${countName(set.n)} items after ${((performance.now() - start) / 1e3).toFixed(0)} s`);
}

const p99 = (times) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(0.99 * times.length))];

/** Searches by CLIENTS at a time until `stop` is true; milliseconds of each. */
async function searching(search, queries, stop) {
  const times = [];
  let next = 0;
  const client = async () => {
    while (!stop()) {
      const start = performance.now();
      await search(next++ % queries);
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { times, perSecond: (1000 * times.length) / (performance.now() - start) };
}

/** Writes of items with codes of the set until `stop` is true; items a second. */
async function inserting(store, { codes, n }, from, stop) {
  const start = performance.now();
  let written = 0;
  while (!stop()) {
    const items = Array.from({ length: WRITE }, (_, i) => {
      const row = (from + written + i) % n;
      return { id: n + from + written + i, code: codes.subarray(row * M, (row + 1) * M) };
    });
    await store.put(items);
    written += WRITE;
  }
  return { written, perSecond: (1000 * written) / (performance.now() - start) };
}

const after = (seconds) => {
  const end = performance.now() + 1000 * seconds;
  return () => performance.now() > end;
};

/** All rows of two servers. */
export async function serverRows(context) {
  const { servers: n, seconds, say, add, wanted, folder } = context;
  const name = `servers ${countName(n)} k=${K_HITS}`;
  if (!wanted(name) || clusterIsMissing('bench scale, servers')) return;
  const set = await dataSet(SET, M, n, say);
  const cluster = await startCluster({ redis: false, at: folder });
  const hosts = cluster.shards.map(({ url }) => new URL(url).host).join(',');
  const url = `clickhouse://${hosts}/gallery?cluster=${cluster.cluster}`;
  const open = () => openClickHouseStore(url, { ...codebookOf(set), create: { idKind: 'u32' } });
  let store;
  try {
    await (await open()).close();
    await fill(cluster, set, say);
    store = await open();
    const index = await createIndex({ codebook: set.codebook, codes: set.codes, autoMerge: false });
    const query = (i) => set.queries.subarray(i * set.D, (i + 1) * set.D);
    const search = (i) => store.search(query(i), { k: K_HITS, distance: 'aqd' });
    await warmUp(store, query(0));
    const timed = async (call) => {
      const start = performance.now();
      const hits = await call();
      return { ms: performance.now() - start, hits };
    };
    const scan = (i) => {
      const sql = scanStatement('gallery.items', set, lookupTable(set.codebook, query(i), 'aqd'), K_HITS);
      return timed(async () => readHits(await ask(cluster.shards[0], sql)));
    };
    let verified = 0;
    const times = await race({ ours: (i) => timed(() => search(i)), scan }, (who, i, { hits }) => {
      if (who === 'scan') return;
      const ours = { ids: hits.map(({ id }) => Number(id)), distances: hits.map(({ distance }) => distance) };
      mustEqual(`${name}, query ${i}`, ours, index.search(query(i), { k: K_HITS }));
      verified++;
    });
    index.close();
    const { ours, scan: plain } = times;
    const ratio = plain.median / ours.median;
    const latency = {
      ours: ours.median,
      peer: 'plain scan',
      theirs: plain.median,
      unit: 'ms',
      ratio,
      p99: ours.slowest,
    };
    add({ case: `${name}, one client`, ...latency, verified });

    const alone = await searching(search, set.queries.length / set.D, after(seconds));
    const common = { peer: null, theirs: null, ratio: null };
    add({
      case: `${name}, ${CLIENTS} clients`,
      ours: alone.perSecond,
      unit: 'queries/s',
      ...common,
      p99: p99(alone.times),
    });

    const quiet = await inserting(store, set, 0, after(seconds));
    const stop = after(seconds);
    const [busy, written] = await Promise.all([
      searching(search, set.queries.length / set.D, stop),
      inserting(store, set, quiet.written, stop),
    ]);
    const beside = `${Math.round(written.perSecond)} items/s inserted`;
    const peer = { peer: 'nobody inserting', theirs: alone.perSecond, ratio: busy.perSecond / alone.perSecond };
    const row = { case: `${name}, ${CLIENTS} clients while inserting`, ours: busy.perSecond, unit: 'queries/s' };
    add({ ...row, ...peer, p99: p99(busy.times), beside });
    add({
      ...{ case: `${name}, inserts while searching`, ours: written.perSecond, unit: 'items/s' },
      ...{ peer: 'nobody searching', theirs: quiet.perSecond, ratio: written.perSecond / quiet.perSecond },
      beside: `search p50 ${median(busy.times).toFixed(0)} ms`,
    });
  } finally {
    await store?.close();
    await cluster.stop();
  }
}
