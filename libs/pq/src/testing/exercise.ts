/**
 * @file What is done with an index in Node and in a page alike, by every kind of kernels: each answer is held against
 * the scan. Differences are thrown; nothing here needs a test runner.
 */
import { PqError } from '../errors.ts';
import { createIndexWith } from '../live/create.ts';
import type { Internals } from '../live/internals.ts';
import type { PqIndex } from '../live/pq-index.ts';
import type { Hits } from '../live/workplace.ts';
import { createRandom } from '../random.ts';
import { around, type Hostile, itemsOf } from './hostile-items.ts';
import { Reference } from './reference.ts';

/** Builds, searches, changes, merges and reads back an index of hostile items. */
export async function exercise(hostile: Hostile, internals: Internals & { readonly threads?: number }): Promise<void> {
  const { M, K, structure, distinct, seed } = hostile;
  const { codebook, codes, table } = itemsOf(hostile);
  const random = createRandom(seed + 1);
  const n = codes.length / M;
  // The removals below take some of them away.
  const k = Math.max(1, Math.min(hostile.k, n - 20));
  const ids = random.shuffle(Uint32Array.from({ length: n }, (_, i) => 3 * i + 1));
  const reference = new Reference(M, K);
  reference.put(ids, codes);
  const options = { codebook, structure, distinct, threads: internals.threads };
  const index = await createIndexWith({ ...options, codes, ids }, internals);
  try {
    compare('built', index, reference, table, k);
    // A tail whose codes are the base's, some of them; and holes.
    const more = ids.slice(0, 25).map((id, i) => (i < 10 ? id : id + 1));
    const newCodes = codes.slice(-25 * M);
    index.upsert(more, newCodes);
    reference.put(more, newCodes);
    const gone = ids.slice(-20);
    index.remove(gone);
    for (const id of gone) reference.items.delete(id);
    compare('changed', index, reference, table, k);
    await compareBatch('changed', index, reference, table, k);
    await index.merge();
    compare('merged', index, reference, table, k);
    refuses(index, table);
  } finally {
    index.close();
  }
}

function compare(what: string, index: PqIndex, reference: Reference, table: Float32Array, k: number): void {
  const nearest = reference.search(table, k);
  same(`${what}, search`, index.search({ table }, { k }), nearest);
  for (const radius of around(nearest.distances[k - 1])) {
    same(`${what}, within ${radius}`, index.within({ table }, { radius }), reference.within(table, radius));
  }
  const filter = { bitmap: new Uint32Array(40).fill(0b1001_0110_0110_1001_1001_0110_0110_1001) };
  const wanted = (id: number) => (filter.bitmap[id >>> 5] & (1 << (id & 31))) !== 0;
  same(`${what}, filtered`, index.search({ table }, { k, filter }), reference.search(table, k, wanted));
}

async function compareBatch(what: string, index: PqIndex, reference: Reference, table: Float32Array, k: number) {
  const tables = new Float32Array(12 * table.length);
  // The table, and others of the same numbers.
  for (let q = 0; q < 12; q++) {
    for (let i = 0; i < table.length; i++) tables[q * table.length + i] = table[(i + 7 * q) % table.length];
  }
  const all = await index.searchMany({ tables }, { k });
  all.forEach((hits, q) => {
    const own = tables.subarray(q * table.length, (q + 1) * table.length);
    same(`${what}, query ${q} of a batch`, hits, reference.search(own, k));
  });
}

/** NaN and infinity can't come in. */
function refuses(index: PqIndex, table: Float32Array): void {
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    refused('NOT_FINITE', () => index.search({ table: table.with(table.length >> 1, bad) }, { k: 1 }));
    refused('NOT_FINITE', () => index.within({ table: table.with(0, bad) }, { radius: 1 }));
  }
  refused('BAD_OPTION', () => index.within({ table }, { radius: Number.NaN }));
  refused('BAD_OPTION', () => index.search({ table }, { k: index.count + 1 }));
  refused('BAD_OPTION', () => index.search({ table }, { k: 0 }));
}

function refused(code: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (error instanceof PqError && error.code === code) return;
    throw error;
  }
  throw new Error(`expected ${code}`);
}

function same(what: string, got: Hits, expected: Hits): void {
  const length = expected.ids.length;
  let at = got.ids.length === length && got.distances.length === length ? -1 : Math.min(got.ids.length, length);
  for (let i = 0; i < length && at < 0; i++) {
    if (got.ids[i] !== expected.ids[i] || !Object.is(got.distances[i], expected.distances[i])) at = i;
  }
  if (at < 0) return;
  throw new Error(
    `${what}: place ${at} of ${length} (${got.ids.length} found) is item ${got.ids[at]} at ${got.distances[at]}; ` +
      `by the scan it's ${expected.ids[at]} at ${expected.distances[at]}`,
  );
}
