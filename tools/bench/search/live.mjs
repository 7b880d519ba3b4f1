/** @file The rows of what isn't an index at rest: duplicates, a tail, deletes, filters, growth. Peers are ours as well. */
import { createRandom } from '@dqn/pq';
import { countName, dataSet, duplicates } from './data.mjs';
import { bits } from './mixture.mjs';
import { QUERIES, race } from './race.mjs';
import { build, bytesAnItem, caseName, searching, witness } from './still.mjs';
import { reference } from './verify.mjs';

const K = 100;

/** A random set of n · share rows as a bitmap, and as the list of its rows. */
function choose(n, share, label) {
  const next = bits(createRandom(1).fork(label));
  const bitmap = new Uint32Array(Math.ceil(n / 32));
  const limit = share * 2 ** 32;
  for (let row = 0; row < n; row++) if (next() < limit) bitmap[row >>> 5] |= 1 << (row & 31);
  const has = (row) => ((bitmap[row >>> 5] >>> (row & 31)) & 1) === 1;
  const ids = () => Uint32Array.from({ length: n }, (_, row) => row).filter(has);
  return { bitmap, has, ids };
}

/** An index of the first rows, the others added after. */
async function withTail(set, share) {
  const { codebook, codes, n, M } = set;
  const base = n - Math.round(n * share);
  const { index } = await build({ codebook, codes: codes.subarray(0, base * M) });
  index.add(
    Uint32Array.from({ length: n - base }, (_, i) => base + i),
    codes.subarray(base * M),
  );
  return index;
}

/** Name → () → { index, options?, has? }: what is timed beside the plain query. */
function variants(set, plain) {
  const { n } = set;
  const filtered = (share) => () => {
    const { bitmap, has } = choose(n, share, `filter ${share}`);
    return { index: plain, options: { filter: { bitmap } }, has };
  };
  const listed = (share) => () => {
    const { ids, has } = choose(n, share, `filter ${share}`);
    return { index: plain, options: { filter: { ids: ids() } }, has };
  };
  return {
    'tail 1 %': async () => ({ index: await withTail(set, 0.01) }),
    'tail 10 %': async () => ({ index: await withTail(set, 0.1) }),
    'deletes 10 %': async () => {
      const { ids, has } = choose(n, 0.1, 'deletes');
      const { index } = await build(set);
      index.remove(ids());
      return { index, has: (row) => !has(row) };
    },
    'filter 50 %': filtered(0.5),
    'filter 10 %': filtered(0.1),
    'filter 1 %': filtered(0.01),
    'filter .1 %': filtered(0.001),
    'filter 1 % by ids': listed(0.01),
    'filter .1 % by ids': listed(0.001),
  };
}

/** Tails, deletes and filters of one set, against the plain query. */
export async function liveRows(context, name, M, n) {
  const plainName = caseName({ M, n, name }, K);
  const caseOf = (variant) => `${plainName} ${variant}`;
  const wanted = Object.keys(variants({})).filter((variant) => context.wanted(caseOf(variant)));
  if (wanted.length === 0) return;
  const set = await dataSet(name, M, n, context.say);
  const { index: plain } = await build(set);
  const make = variants(set, plain);
  // One after the other, so that not all of their memory is there at once.
  for (const variant of wanted) {
    const { index, options, has } = await make[variant]();
    const own = witness(caseOf(variant), n, K, reference(set, has));
    const times = await race(
      { plain: searching(plain, set, { k: K }), varied: searching(index, set, { k: K, ...options }) },
      (who, query, answer) => who === 'varied' && own.onAnswer(query, answer),
    );
    const ours = times.varied.median;
    const row = { case: caseOf(variant), ours, peer: 'ours, plain', theirs: times.plain.median, unit: 'ms' };
    const more = { slowest: times.varied.slowest, ...own.facts(), queries: QUERIES, bytesAnItem: bytesAnItem(index) };
    context.add({ ...row, ratio: times.plain.median / ours, ...more });
    if (index !== plain) index.close();
  }
  plain.close();
}

/** Items that share the codes of a data set, with postings and without. */
export async function duplicateRows(context, base, M, n) {
  const duplicated = base === 'hard' ? 'duplicates' : `duplicates of ${base}`;
  const name = caseName({ M, n, name: duplicated }, K);
  const memory = `M=${M} ${countName(n)} ${duplicated} memory`;
  if (!context.wanted(name) && !context.wanted(memory)) return;
  const set = await duplicates(base, M, n, context.say);
  const { index, buildMs } = await build(set);
  const { index: without } = await build(set, { distinct: false });
  const own = witness(name, n, K, reference(set));
  const times = await race(
    { ours: searching(index, set, { k: K }), without: searching(without, set, { k: K }) },
    (who, query, answer) => who === 'ours' && own.onAnswer(query, answer),
  );
  const bytes = bytesAnItem(index);
  const peer = 'ours without postings';
  if (context.wanted(name)) {
    const row = { case: name, ours: times.ours.median, peer, theirs: times.without.median, unit: 'ms' };
    const more = { slowest: times.ours.slowest, ...own.facts(), queries: QUERIES, buildMs, bytesAnItem: bytes };
    context.add({ ...row, ratio: times.without.median / times.ours.median, ...more });
  }
  if (context.wanted(memory)) {
    const theirs = bytesAnItem(without);
    context.add({ case: memory, ours: bytes, peer, theirs, unit: 'bytes/item', ratio: theirs / bytes, buildMs });
  }
  index.close();
  without.close();
}

/** Ten times the items: how much more time a query takes. */
export async function growthRows(context, M, n) {
  const name = caseName({ M, n, name: 'clustered' }, K);
  if (!context.wanted(name)) return;
  const large = await dataSet('clustered', M, n, context.say);
  const few = { ...large, n: n / 10, codes: large.codes.subarray(0, (n / 10) * M) };
  const { index, buildMs } = await build(large);
  const { index: small } = await build(few);
  const own = witness(name, n, K, reference(large));
  const times = await race(
    { large: searching(index, large, { k: K }), small: searching(small, few, { k: K }) },
    (who, query, answer) => who === 'large' && own.onAnswer(query, answer),
  );
  const row = {
    case: name,
    ours: times.large.median,
    peer: `ours at ${countName(n / 10)}`,
    theirs: times.small.median,
  };
  const more = {
    slowest: times.large.slowest,
    ...own.facts(),
    queries: QUERIES,
    buildMs,
    bytesAnItem: bytesAnItem(index),
  };
  context.add({ ...row, unit: 'ms', ratio: times.small.median / times.large.median, ...more });
  index.close();
  small.close();
}
