/** @file Rows of adding while searching. */
import { createRandom } from '@dqn/pq';
import { countName } from '../search/data.mjs';
import { bits, fillNormal } from '../search/mixture.mjs';
import { forVectors } from './made.mjs';
import { startService } from './service.mjs';
import { bytesPerItem, searches } from './vectors.mjs';

/** Searches/s meanwhile. */
const RATE = 500;
/** Items/s asked for. */
const ASKED = 20_000;
/** Items of a piece of the stream. */
const PIECE = 500;

export async function addingRows({ folder, load, say, add, seconds, n }) {
  const { model, gallery, set, codebook } = await forVectors(folder, n, say);
  const service = await startService(gallery, model);
  try {
    const job = { port: service.port, requests: searches('/v1/search', set), rate: RATE, seconds };
    await load({ ...job, seconds: 1 });
    const before = await load(job);
    let first = n;
    const during = async (rate) => {
      const stop = new AbortController();
      const adding = addUntil(service.url, codebook.D, { first, rate }, stop.signal);
      const meanwhile = await load(job);
      stop.abort();
      const { items, took } = await adding;
      first += items;
      return { rate: items / took, meanwhile };
    };
    const most = await during(Number.POSITIVE_INFINITY);
    const what = `adding vectors to ${countName(n)}, ${RATE} searches/s meanwhile`;
    const stats = (await service.info()).gallery;
    add({
      case: what,
      ours: most.rate,
      peer: undefined,
      theirs: null,
      unit: 'items/s',
      ratio: null,
      asked: `≥ ${ASKED}/s`,
      met: most.rate >= ASKED,
      beside: `${stats.writes.syncs} fsyncs, ${(await bytesPerItem(service)).toFixed(1)} bytes an item`,
    });
    const { rate, meanwhile } = await during(ASKED);
    add({
      case: `${what}: a search's p99`,
      ours: meanwhile.p99,
      peer: 'p99 before',
      theirs: before.p99,
      unit: 'ms',
      ratio: before.p99 / meanwhile.p99,
      asked: '≤ 2 × before',
      met: meanwhile.p99 <= 2 * before.p99 && meanwhile.ok === meanwhile.sent,
      p50: meanwhile.p50,
      p99: meanwhile.p99,
      beside: `at ${rate.toFixed(0)} of ${ASKED} items/s`,
    });
  } finally {
    await service.close();
  }
}

/** Streams new items as JSON lines, so many a second, until told to end; what was acknowledged counts. */
async function addUntil(url, D, { first, rate }, signal) {
  const pieces = linesOf(D);
  let id = first;
  async function* body() {
    const begun = performance.now();
    for (let i = 0; !signal.aborted; i++) {
      const early = begun + (1000 * i * PIECE) / rate - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      yield Buffer.from(`${pieces[i % pieces.length].map((rest) => `{"id":${id++},${rest}`).join('\n')}\n`);
    }
  }
  const start = performance.now();
  const reply = await fetch(`${url}v1/items:bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: body(),
    duplex: 'half',
  });
  if (!reply.ok) throw new Error(`Adding: ${reply.status} ${await reply.text()}`);
  // Every item has a line of answer, and the last line sums up.
  let last = '';
  const decoder = new TextDecoder();
  for await (const chunk of reply.body) {
    last += decoder.decode(chunk, { stream: true });
    last = last.slice(last.trimEnd().lastIndexOf('\n') + 1);
  }
  const { created: items, failed } = JSON.parse(last);
  if (failed > 0) throw new Error(`Adding: ${last}`);
  return { items, took: (performance.now() - start) / 1000 };
}

/** Lines without their ids, made beforehand: the generator's share of the processor is the service's loss. */
function linesOf(D) {
  const next = bits(createRandom(3));
  const vector = new Float32Array(D);
  return Array.from({ length: 4 }, () =>
    Array.from({ length: PIECE }, () => {
      fillNormal(vector, next);
      return `"vector":[${Array.from(vector, (value) => value.toPrecision(6)).join(',')}]}`;
    }),
  );
}
