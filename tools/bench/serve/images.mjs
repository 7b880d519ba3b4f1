/** @file Rows of image → hits. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from '../interleave.mjs';
import { post } from './loader.mjs';
import { forImages } from './made.mjs';
import { startService } from './service.mjs';

const ROUNDS = 5;
/** Requests that are under way where throughput is wanted, in batches. */
const DEEP = 4;

export async function imageRows({ folder, load, say, add, seconds, threads, model: own }) {
  const { model, gallery, files, type, network, size } = await forImages(folder, own);
  const service = await startService(gallery, model, ['--threads', String(threads)]);
  try {
    const { port } = service;
    const { batch } = (await service.info()).runtime;
    say(
      `images: ${own || "the network 'fast'"} of ${size} px, ${threads} threads; the service chose batches of ${batch}`,
    );
    const requests = files.map((file) => post('/v1/search?k=10', type, file));
    const bare = await bareLoop(network, size, threads, batch);
    const connections = Math.max(16, DEEP * batch);
    await load({ port, requests, connections, seconds: 1 });
    const single = await load({ port, requests, connections: 1, seconds });
    const rates = { ours: [], bare: [] };
    for (let i = 0; i < ROUNDS; i++) {
      rates.ours.push((await load({ port, requests, connections, seconds: seconds / ROUNDS })).rate);
      rates.bare.push(await bare.rate((seconds / ROUNDS) * 1000));
    }
    await bare.close();
    const ratio = median(rates.ours.map((rate, i) => rate / rates.bare[i]));
    const ours = median(rates.ours);
    const what = `image → hits, ${size} px, ${threads} thread${threads > 1 ? 's' : ''}`;
    const peer = `bare session.run, batch ${batch}`;
    const theirs = median(rates.bare);
    add({ case: what, ours, peer, theirs, unit: 'requests/s', ratio, asked: '≥ 0.9 ×', met: ratio >= 0.9 });
    const busy = await load({ port, requests, rate: 0.7 * ours, seconds });
    add({
      case: `${what}, p99 at 70 % of it`,
      ours: busy.p99,
      peer: 'p50 of a single request, idle',
      theirs: single.p50,
      unit: 'ms',
      ratio: single.p50 / busy.p99,
      asked: '≤ 3 × p50',
      met: busy.p99 <= 3 * single.p50,
      p50: busy.p50,
      p99: busy.p99,
      beside: `${busy.rate.toFixed(0)} requests/s, ${JSON.stringify(busy.statuses)}`,
    });
  } finally {
    await service.close();
  }
}

/** The network alone, on pixels that lie ready, in this process. */
async function bareLoop(network, size, threads, batch) {
  const session = await InferenceSession.create(network, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const pixels = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 31) & 255);
  const feed = { [session.inputNames[0]]: new Tensor('uint8', pixels, [batch, size, size, 3]) };
  await session.run(feed);
  return {
    async rate(ms) {
      const start = performance.now();
      let n = 0;
      for (; performance.now() - start < ms; n += batch) await session.run(feed);
      return n / ((performance.now() - start) / 1000);
    },
    close: () => session.release(),
  };
}
