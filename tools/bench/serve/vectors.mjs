/** @file Rows of vector → hits. */
import { median } from '../interleave.mjs';
import { countName } from '../search/data.mjs';
import { postJson } from './loader.mjs';
import { forVectors } from './made.mjs';
import { startPeer } from './peer.mjs';
import { startService } from './service.mjs';

const ROUNDS = 5;
const CONNECTIONS = 16;
const K = 10;
/** Requests/s asked for, with the load generator on the same two cores. */
const ASKED = 3000;

/** The requests of a data set's queries. */
export function searches(path, { queries, D }) {
  return Array.from({ length: queries.length / D }, (_, i) =>
    postJson(path, { vector: [...queries.subarray(i * D, (i + 1) * D)], k: K }),
  );
}

export async function vectorRows({ folder, load, say, add, seconds, n }) {
  const { model, gallery, set } = await forVectors(folder, n, say);
  const peer = await startPeer(set, say);
  const service = await startService(gallery, model);
  try {
    const contestants = { ours: { port: service.port, requests: searches('/v1/search', set) } };
    if (peer) contestants.theirs = { port: peer.port, requests: searches('/search', set) };
    const rates = { ours: [], theirs: [] };
    for (let i = -1; i < ROUNDS; i++) {
      for (const [name, job] of Object.entries(contestants)) {
        const { rate, ok, statuses, errors } = await load({
          ...job,
          connections: CONNECTIONS,
          seconds: seconds / ROUNDS,
        });
        if (i < 0) continue;
        if (errors > 0 || ok === 0) throw new Error(`${name}: ${errors} errors, statuses ${JSON.stringify(statuses)}`);
        rates[name].push(rate);
      }
    }
    const ours = median(rates.ours);
    const theirs = peer ? median(rates.theirs) : null;
    const what = `vector → hits ${countName(n)}`;
    const ratio = peer ? median(rates.ours.map((rate, i) => rate / rates.theirs[i])) : null;
    const beside = `${(await bytesPerItem(service)).toFixed(1)} bytes an item, ready in ${(service.startMs / 1000).toFixed(1)} s`;
    const asked = `≥ ${ASKED}/s`;
    add({ case: what, ours, peer: peer?.name, theirs, unit: 'requests/s', ratio, asked, met: ours >= ASKED, beside });

    const half = await load({ ...contestants.ours, rate: ASKED / 2, seconds });
    const peerHalf = peer && (await load({ ...contestants.theirs, rate: theirs / 2, seconds }));
    add({
      case: `${what}, p99 at ${ASKED / 2}/s`,
      ours: half.p99,
      peer: peer && `${peer.name}, at half its own rate`,
      theirs: peer ? peerHalf.p99 : null,
      unit: 'ms',
      ratio: peer ? peerHalf.p99 / half.p99 : null,
      asked: '< 10 ms',
      met: half.p99 < 10 && half.ok === half.sent,
      p50: half.p50,
      p99: half.p99,
    });
  } finally {
    peer?.close();
    await service.close();
  }
}

/** What the service holds of its gallery, for an item. */
export async function bytesPerItem(service) {
  const { gallery } = await service.info();
  return (gallery.bytes.index + gallery.bytes.items) / gallery.count;
}
