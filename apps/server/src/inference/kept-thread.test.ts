import { setTimeout as pause } from 'node:timers/promises';
import { madeUpPicture, smallModel } from '@dqn/runtime/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toPng } from '../testing/index.ts';
import { HANGS, KeptThread } from './kept-thread.ts';
import type { Observation } from './observe.ts';
import { PixelThreads } from './pixel-threads.ts';
import { Thread, ThreadEnded } from './thread.ts';

// The threads run dist: `npm run build` first (npm test does).
const told: Observation[] = [];
const SIZE = 32;
let network: Uint8Array;
let preprocess: Uint8Array;
let kept: KeptThread;

const feeds = (n = 1) => ({
  image: { type: 'uint8', data: new Uint8Array(n * SIZE * SIZE * 3).fill(7), dims: [n, SIZE, SIZE, 3] },
});
const embedding = async () => [...((await kept.run(feeds())).embedding.data as Float32Array)];
const open = () => KeptThread.open({ bytes: network, providers: ['cpu'], threads: 1 }, 'network', (o) => told.push(o));

beforeAll(async () => {
  ({ network, preprocess } = (await smallModel()).bytes);
  kept = await open();
});
afterAll(() => kept.release());

describe('a thread that is kept', () => {
  it('is replaced when it dies, and what it had is run again', async () => {
    const before = await embedding();
    const under = Promise.all(Array.from({ length: 20 }, embedding));
    await kept.kill();
    for (const each of await under) expect(each).toEqual(before);
    expect(told).toMatchObject([
      { kind: 'thread', event: 'died', role: 'network' },
      { kind: 'thread', event: 'replaced', role: 'network' },
    ]);
    expect(kept.down).toBeUndefined();
  });

  it('is replaced when it hangs', async () => {
    const other = await open();
    const before = (await other.run(feeds())).embedding.data;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hang = vi.spyOn(Thread.prototype, 'ask').mockImplementationOnce(async function (this: Thread) {
      throw new ThreadEnded(await this.ended);
    });
    const run = other.run(feeds());
    await vi.advanceTimersByTimeAsync(HANGS);
    vi.useRealTimers();
    expect((await run).embedding.data).toEqual(before);
    expect(hang).toHaveBeenCalledTimes(2);
    hang.mockRestore();
    await other.release();
  });

  it('refuses a task that takes two with it, and everything while none can be started', async () => {
    const other = await open();
    const real = Thread.start;
    const start = vi.spyOn(Thread, 'start').mockImplementation(async (o) => {
      const next = await real.call(Thread, o);
      next.ask = async () => {
        await next.kill();
        return Thread.prototype.ask.call(next, { kind: 'run', feeds: feeds() });
      };
      return next;
    });
    const deadly = other.run(feeds());
    await other.kill();
    await expect(deadly).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await expect(other.run(feeds())).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfter: 1 });
    expect(other.down).toBeDefined();
    start.mockRejectedValueOnce(new Error('no memory'));
    await vi.waitFor(() => expect(other.down).toContain('no memory'), 20_000);
    start.mockRestore();
    await vi.waitFor(() => expect(other.down).toBeUndefined(), { timeout: 20_000, interval: 50 });
    await other.run(feeds());
    await other.release();
    await expect(other.run(feeds())).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('tells a run that fails from a thread that dies', async () => {
    const wrong = { image: { type: 'uint8', data: new Uint8Array(5), dims: [5] } };
    await expect(kept.run(wrong)).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    expect(await embedding()).toHaveLength(32);
  });
});

describe('threads for pixels', () => {
  it('give the same pixels after one has died, and say what is wrong with a picture', async () => {
    const pixels = await PixelThreads.open(preprocess, 2);
    const png = await toPng(madeUpPicture(3, 48, 40));
    const length = SIZE * SIZE * 3;
    const into = () => new Uint8Array(new SharedArrayBuffer(length));
    const task = { source: png, into: into(), maxPixels: 1e6, readySize: 0, thumbnail: 16 };
    const first = await pixels.picture(task);
    expect(first.thumbnail!.length).toBeGreaterThan(0);
    const others = Array.from({ length: 8 }, into);
    const under = Promise.all(others.map((one) => pixels.picture({ ...task, into: one })));
    await pause(1);
    await pixels.threads[0].kill();
    await under;
    expect(new Set(task.into).size).toBeGreaterThan(1);
    for (const each of others) expect(each).toEqual(task.into);
    expect(png.length).toBeGreaterThan(0);
    const failing = (o: object) => pixels.picture({ ...task, ...o });
    await expect(failing({ maxPixels: 48 * 40 - 1 })).rejects.toMatchObject({ code: 'PICTURE_TOO_LARGE' });
    await expect(failing({ source: png.subarray(0, 100) })).rejects.toMatchObject({
      name: 'DataError',
      code: 'UNREADABLE_PICTURE',
    });
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="9" height="9"/></svg>';
    await expect(failing({ source: Buffer.from(`\ufeff ${svg}`) })).rejects.toMatchObject({
      code: 'UNREADABLE_PICTURE',
    });
    const line = await toPng({ width: 1, height: 300, data: new Uint8Array(900) });
    await expect(failing({ source: line })).rejects.toMatchObject({ name: 'RuntimeError', code: 'BAD_PICTURE' });
    await expect(failing({ into: new Uint8Array(5) })).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
    await pixels.release();
    await expect(failing({})).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
