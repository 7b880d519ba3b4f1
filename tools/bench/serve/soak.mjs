/** @file Row of a long time at half load, with adds and removes. */
import { countName } from '../search/data.mjs';
import { postJson } from './loader.mjs';
import { forVectors } from './made.mjs';
import { startService } from './service.mjs';
import { searches } from './vectors.mjs';

const RATE = 1500;
/** Items that are added, and removed again when as many others were. */
const PIECE = 1000;
const MIB = 2 ** 20;

export async function soakRows({ folder, load, say, add, soak, n }) {
  if (soak === 0) return;
  const { model, gallery, set } = await forVectors(folder, n, say);
  const service = await startService(gallery, model);
  try {
    const stop = new AbortController();
    const changing = changeUntil(service.url, set, n, stop.signal);
    // It is waited for at the end.
    changing.catch(() => {});
    const memory = [];
    const watch = setInterval(() => memory.push(service.rss()), 1000);
    const { D, queries } = set;
    const requests = searches('/v1/search', { D, queries });
    requests.push(postJson('/v1/search', { id: 7, k: 10 }));
    const result = await load({ port: service.port, requests, rate: RATE, seconds: soak * 60 });
    clearInterval(watch);
    stop.abort();
    const changed = await changing;
    const tenth = Math.max(1, Math.floor(memory.length / 10));
    const mean = (part) => part.reduce((sum, value) => sum + value, 0) / part.length / MIB;
    // The first tenth fills what is then used again.
    const first = mean(memory.slice(tenth, 2 * tenth));
    const last = mean(memory.slice(-tenth));
    add({
      case: `${soak} minutes at ${RATE} searches/s on ${countName(n)}: memory at the end`,
      ours: last,
      peer: 'at the beginning',
      theirs: first,
      unit: 'MiB',
      ratio: first / last,
      asked: 'flat (≤ 1.1 ×), no error',
      met: last <= 1.1 * first && result.ok === result.sent,
      p50: result.p50,
      p99: result.p99,
      beside: `${changed} items changed, ${JSON.stringify(result.statuses)}`,
    });
  } finally {
    await service.close();
  }
}

/** Adds pieces, and removes the one before; gives how many items were changed. */
async function changeUntil(url, { D, queries }, first, signal) {
  const vector = `[${Array.from(queries.subarray(0, D), (value) => value.toPrecision(6)).join(',')}]`;
  let changed = 0;
  for (let piece = 0; !signal.aborted; piece++) {
    const lines = [];
    const ids = (which) => Array.from({ length: PIECE }, (_, i) => first + (which % 10) * PIECE + i);
    for (const id of ids(piece)) lines.push(`{"id":${id},"vector":${vector}}`);
    if (piece > 0) for (const id of ids(piece - 1)) lines.push(`{"id":${id},"remove":true}`);
    const reply = await fetch(`${url}v1/items:bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${lines.join('\n')}\n`,
    });
    const answer = await reply.text();
    if (reply.ok) changed += lines.length;
    // Turned away, as clients are: they come again.
    else if (reply.status !== 503) throw new Error(`Changing: ${reply.status} ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return changed;
}
