/**
 * @file A real index and a query, followed step by step: the walk of assembly/cells.ts once more in JavaScript, with
 * everything noted down. What the kernels say of the same query has to agree, or the pictures aren't drawn.
 */
import { createRandom, encode, learnCodebook, lookupTable, scan } from '../../dist/index.js';
import { Arena } from '../../dist/kernels/arena.js';
import { createKernels } from '../../dist/kernels/load.js';
import { buildStructure } from '../../dist/search/build.js';

/** Vectors in clusters: `clustered` in 500 tight ones, `hard` in 200 that overlap, most of it in few dimensions. */
export function mixture(name, D, seed) {
  const random = createRandom(seed);
  const hard = name === 'hard';
  const clusters = hard ? 200 : 500;
  const scale = Float64Array.from({ length: D }, (_, j) => (hard ? (1 + j) ** -0.25 : 1));
  const centres = Float64Array.from(
    { length: clusters * D },
    (_, i) => random.normal() * scale[i % D] * (hard ? 0.8 : 1),
  );
  return (n) => {
    const x = new Float32Array(n * D);
    for (let i = 0; i < n; i++) {
      const centre = D * random.integer(clusters);
      for (let j = 0; j < D; j++) {
        x[i * D + j] = centres[centre + j] + random.normal() * scale[j] * (hard ? 1 : 0.3);
      }
    }
    return x;
  };
}

/** Codes, their codebook and queries of a mixture. */
export function dataSet({ name, M, K, D, N, seed = 1, queries = 1 }) {
  const draw = mixture(name, D, seed);
  const { codebook } = learnCodebook(draw(Math.min(N, 20 * K)), { M, K, D, seed, iterations: 8 });
  const codes = encode(codebook, draw(N));
  const x = draw(queries);
  const tables = Array.from({ length: queries }, (_, q) => lookupTable(codebook, x.subarray(q * D, q * D + D), 'aqd'));
  return { codebook, codes, tables };
}

/** An index in a memory of its own; `search(table, k)` gives what was found and what the kernels say they visited. */
export function openIndex({ codebook, codes }, options = {}) {
  const arena = new Arena();
  const kernels = createKernels(arena.memory);
  const structure = buildStructure(arena, { codebook, codes, ...options });
  const { M, K } = codebook;
  const place = arena.allocate(M * 2048);
  const scratch = arena.allocate(structure.scratchBytes);
  return {
    structure,
    search(table, k) {
      const heap = arena.allocate(16 * k);
      for (let m = 0; m < M; m++) arena.f64(place + m * 2048, K).set(table.subarray(m * K, m * K + K));
      kernels.begin(heap, k, 0, 0);
      const visited = structure.search({ arena, kernels, table: place, scratch });
      const count = kernels.finish();
      const ids = Array.from({ length: count }, (_, i) => arena.u32(heap + 16 * i + 8, 1)[0]);
      return { ids, visited };
    },
  };
}

/** The structure as its image says: cells, the items in them, the axes. */
export function anatomy(structure) {
  const { M, K, facts, parts } = structure.image();
  const part = (name) => parts.find((each) => each.name === name).bytes.slice();
  const offsets = new Uint32Array(part('offsets').buffer);
  const { ids, codes } = structure.items();
  const bytes = part('ranks');
  const { axis0, axis1, lowBits1 } = facts;
  const planes = Object.keys(facts)
    .filter((name) => name.startsWith('plane'))
    .map((name) => facts[name]);
  // A stored byte of a plane is the rank rotated; of an axis the rank itself.
  const low = Math.max(0, Math.log2(K) - 5);
  const rank = (m, code) => {
    const byte = bytes[m * 256 + code];
    return m === axis0 || m === axis1 ? byte : ((byte & 31) << low) | (byte >> 5);
  };
  return { M, K, n0: K, n1: K >> lowBits1, axis0, axis1, lowBits1, planes, offsets, ids, codes, rank, bytes, low };
}

/** Every step of a query: cells in the order visited, each with its bound and the limit before and after. */
export function follow({ codes }, index, table, k) {
  const a = anatomy(index.structure);
  const { M, K, n0, n1, axis0, axis1, lowBits1, offsets } = a;
  const cost = (m, code) => table[m * K + code];
  const byRank = (m) => {
    const costs = new Float64Array(K);
    for (let code = 0; code < K; code++) costs[a.rank(m, code)] = cost(m, code);
    return costs;
  };
  const cost0 = byRank(axis0);
  const all1 = byRank(axis1);
  const cost1 = Float64Array.from({ length: n1 }, (_, c) =>
    Math.min(...all1.subarray(c << lowBits1, (c + 1) << lowBits1)),
  );
  const order = (costs) => Uint32Array.from(costs.keys()).sort((i, j) => costs[i] - costs[j] || i - j);
  const [order0, order1] = [order(cost0), order(cost1)];
  const sorted0 = Array.from(order0, (i) => cost0[i]);
  const sorted1 = Array.from(order1, (i) => cost1[i]);
  let rest = 0;
  for (let m = 0; m < M; m++) {
    if (m !== axis0 && m !== axis1) rest += Math.min(...table.subarray(m * K, m * K + K));
  }
  // The k nearest so far.
  const nearest = [];
  const limit = () => (nearest.length < k ? Infinity : nearest[k - 1]);
  const steps = [];
  let seen = 0;
  const visit = (i, j, phase) => {
    const cell = order0[i] * n1 + order1[j];
    const [start, end] = [offsets[cell], offsets[cell + 1]];
    if (start === end) return;
    const before = limit();
    for (let item = start; item < end; item++) {
      let sum = 0;
      for (let m = 0; m < M; m++) sum += cost(m, a.codes[item * M + m]);
      if (sum >= limit()) continue;
      let at = nearest.findIndex((other) => other > sum);
      if (at < 0) at = nearest.length;
      nearest.splice(at, 0, sum);
      if (nearest.length > k) nearest.pop();
    }
    seen += end - start;
    const bound = sorted0[i] + sorted1[j] + rest;
    steps.push({ i, j, c0: order0[i], c1: order1[j], items: end - start, bound, before, after: limit(), phase });
  };
  // From here on as assembly/cells.ts.
  const first = sorted0[0] + sorted1[0];
  const range = sorted0[n0 - 1] - sorted0[0] + sorted1[n1 - 1] - sorted1[0];
  let step = range > 0 ? range / 1024 : 1;
  let band = first;
  const next = new Uint32Array(n0);
  let left = n0 * n1;
  let rows = 0;
  let phase = 'bands';
  while (left > 0 && band + rest <= limit()) {
    if (seen > codes.length / M / 32 && limit() < Infinity) {
      phase = 'sweep';
      break;
    }
    band += step;
    step *= 1.25;
    while (rows < n0 && sorted0[rows] + sorted1[0] <= band) rows++;
    for (let i = 0; i < rows; i++) {
      for (; next[i] < n1 && sorted0[i] + sorted1[next[i]] <= band; next[i]++, left--) {
        if (sorted0[i] + sorted1[next[i]] + rest <= limit()) visit(i, next[i], 'bands');
      }
    }
  }
  if (phase === 'sweep') {
    const place0 = new Uint32Array(n0);
    const place1 = new Uint32Array(n1);
    for (const [i, c] of order0.entries()) place0[c] = i;
    for (const [j, c] of order1.entries()) place1[c] = j;
    for (let c0 = 0; c0 < n0; c0++) {
      for (let c1 = 0; c1 < n1; c1++) {
        const [i, j] = [place0[c0], place1[c1]];
        if (j >= next[i] && sorted0[i] + sorted1[j] + rest <= limit()) visit(i, j, 'sweep');
      }
    }
  }
  const { ids, visited } = index.search(table, k);
  const reference = scan(codes, table, { M, K, k });
  if (ids.join() !== Array.from(reference.rows).join()) throw new Error('The index and the scan differ.');
  if (visited.cells !== steps.length || visited.items !== seen || nearest[k - 1] !== reference.distances[k - 1]) {
    throw new Error(
      `The kernels visited ${visited.cells} cells and ${visited.items} items, this walk ${steps.length} and ${seen}: ` +
        'assembly/cells.ts has changed, and scripts/pictures/query.mjs has not.',
    );
  }
  const cellOf = (item) =>
    a.rank(axis0, codes[item * M + axis0]) * n1 + (a.rank(axis1, codes[item * M + axis1]) >> lowBits1);
  const N = codes.length / M;
  return {
    ...a,
    N,
    cellOf,
    table,
    cost0,
    cost1,
    sorted0,
    sorted1,
    order0,
    order1,
    rest,
    steps,
    ids,
    visited,
    limit: limit(),
  };
}
