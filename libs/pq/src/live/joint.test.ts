import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createIndex } from './create.ts';
import type { PqIndex } from './pq-index.ts';

const M = 2;
const K = 16;
const random = createRandom(3);
const some = (n: number) => Uint8Array.from({ length: n * M }, () => random.integer(K));
const open = (autoMerge = false) => createIndex({ codebook: { M, K }, codes: some(50), threads: 0, autoMerge });

/** An index with something to merge, and a merge for each controller. */
async function merging(count: number): Promise<{ index: PqIndex; stops: AbortController[]; merges: Promise<void>[] }> {
  const index = await open();
  index.remove([1]);
  const stops = Array.from({ length: count }, () => new AbortController());
  return { index, stops, merges: stops.map(({ signal }) => index.merge({ signal })) };
}

describe('a merge that several wait for', () => {
  it.each([0, 1, 2])('goes on where one of them aborts, who alone hears it (%i)', async (which) => {
    const { index, stops, merges } = await merging(3);
    stops[which].abort('enough');
    for (const [i, settled] of (await Promise.allSettled(merges)).entries()) {
      expect(settled).toMatchObject(i === which ? { status: 'rejected', reason: 'enough' } : { status: 'fulfilled' });
    }
    expect(index.explain()).toMatchObject({ dead: 0, merge: { running: false } });
    index.close();
  });

  it('is given up where all abort, each by their own reason; who asks then has it done', async () => {
    const { index, stops, merges } = await merging(2);
    stops.forEach((stop, i) => {
      stop.abort(`enough ${i}`);
    });
    expect(index.explain()).toMatchObject({ dead: 1, merge: { running: false } });
    const late = new AbortController();
    const [after, aborted] = [index.merge(), index.merge({ signal: late.signal })];
    late.abort('late');
    await expect(aborted).rejects.toBe('late');
    await expect(merges[0]).rejects.toBe('enough 0');
    await expect(merges[1]).rejects.toBe('enough 1');
    await after;
    expect(index.explain()).toMatchObject({ dead: 0, merge: { running: false } });
    index.close();
  });

  it('notices signals that do not tell', async () => {
    using index = await open();
    index.remove([1]);
    const signals = [0, 1].map((reason) => ({ aborted: false, reason }));
    const merges = Promise.allSettled(signals.map((signal) => index.merge({ signal })));
    for (const signal of signals) signal.aborted = true;
    expect(await merges).toMatchObject([{ reason: 0 }, { reason: 1 }]);
    expect(index.explain()).toMatchObject({ dead: 1 });
  });

  it.each([true, false])('goes on where it is due by itself, begun so or not (%s)', async (begunSo) => {
    using index = await open(true);
    const stop = new AbortController();
    const ids = Uint32Array.from({ length: 20_000 }, (_, i) => i + 50);
    if (!begunSo) index.remove([1]);
    const before = begunSo ? undefined : index.merge({ signal: stop.signal });
    index.add(ids, some(ids.length));
    const merge = before ?? index.merge({ signal: stop.signal });
    stop.abort('enough');
    expect(index.explain().merge.running).toBe(true);
    await expect(merge).rejects.toBe('enough');
    while (index.explain().merge.running) await new Promise((resolve) => setTimeout(resolve));
    expect(index.explain()).toMatchObject({ dead: 0, merge: { running: false, failed: undefined } });
  });

  it('ends with the index, which says so itself', async () => {
    const { index, merges } = await merging(2);
    index.close();
    for (const merge of merges) {
      await expect(merge).rejects.toMatchObject({
        code: 'CLOSED',
        message: 'The index has been closed; open it again.',
      });
    }
  });
});
