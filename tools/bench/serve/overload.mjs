/** @file Rows of too much load. */
import { post } from './loader.mjs';
import { forImages } from './made.mjs';
import { startService } from './service.mjs';

const MIB = 2 ** 20;

export async function overloadRows({ folder, load, add, overload, seconds, threads }) {
  if (overload === 0) return;
  const { model, gallery, files } = await forImages(folder);
  const service = await startService(gallery, model, ['--threads', String(threads)]);
  try {
    const { port } = service;
    const requests = files.map((file) => post('/v1/search?k=10', 'image/png', file));
    const capacity = await load({ port, requests, connections: 64, seconds: Math.min(seconds, 3) });
    const normal = await load({ port, requests, rate: capacity.rate / 2, seconds: 1 });
    const before = service.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, service.rss());
    }, 100);
    const under = await load({ port, requests, rate: 3 * capacity.rate, seconds: overload });
    clearInterval(watch);
    const back = await backToNormal(load, { port, requests, rate: capacity.rate / 2 }, normal.p50);
    const others = Object.keys(under.statuses).filter((status) => !['200', '429', '503'].includes(status));
    const shed = (under.statuses[503] ?? 0) + (under.statuses[429] ?? 0);
    const facts = { peer: undefined, theirs: null, ratio: null };
    add({
      case: `images at 3 × capacity for ${overload} s: answered`,
      ours: under.rate,
      unit: 'requests/s',
      ...facts,
      peer: 'capacity',
      theirs: capacity.rate,
      ratio: under.rate / capacity.rate,
      asked: 'nothing but 429, 503',
      met: others.length === 0 && under.errors === 0,
      p50: under.p50,
      p99: under.p99,
      beside: `${shed} of ${under.sent} shed, ${JSON.stringify(under.statuses)}, ${under.errors} errors`,
    });
    add({
      case: 'its memory',
      ours: most / MIB,
      unit: 'MiB',
      ...facts,
      peer: 'before',
      theirs: before / MIB,
      ratio: before / most,
    });
    add({ case: 'then back to normal', ours: back, unit: 's', ...facts, asked: '≤ 2 s', met: back <= 2 });
  } finally {
    await service.close();
  }
}

/** Seconds until the median of a fifth of a second is at most twice what it was. */
async function backToNormal(load, job, p50) {
  const start = performance.now();
  for (let i = 0; i < 100; i++) {
    const now = (performance.now() - start) / 1000;
    const piece = await load({ ...job, seconds: 0.2 });
    if (piece.ok === piece.sent && piece.p50 <= 2 * p50) return now;
  }
  return Number.POSITIVE_INFINITY;
}
