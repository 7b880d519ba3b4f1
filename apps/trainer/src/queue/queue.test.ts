/** @file Runs through a queue: everything once, whatever a picture, a worker, the gallery or Redis does. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Model } from '@dqn/runtime';
import { ServerError } from '@dqn/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clusterIsMissing } from '../../../../tools/cluster.mjs';
import { oneByOne } from './careful.ts';
import { cancelRun, pauseQueue, queueStatus, retryPoison } from './control.ts';
import type { Run } from './job.ts';
import type { Runs } from './runs.ts';
import { diskFull, MemorySink, openWorkshop, pictureFile, type Workshop } from './testing/workshop.ts';
import type { RunningWorker, WorkerEvent } from './work.ts';

/** Holds whoever waits at it until it is opened. */
function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe.skipIf(clusterIsMissing('the queue'))('a queue', () => {
  let shop: Workshop;
  const workers: RunningWorker[] = [];
  const work = (...args: Parameters<Workshop['worker']>): RunningWorker => {
    const worker = shop.worker(...args);
    workers.push(worker);
    return worker;
  };

  beforeAll(async () => {
    shop = await openWorkshop();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });
  afterAll(() => shop.end());

  it('brings each picture into the gallery, as one loop over them does', async () => {
    const [folder, queue] = await Promise.all([shop.folder(42), shop.queue('plain')]);
    const sink = new MemorySink();
    await expect(pauseQueue(queue, true)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    work(queue, sink);
    work(queue, sink);
    const workers = { [shop.model.codebookSha256]: 2 };
    await expect.poll(() => queueStatus(queue)).toEqual({ runs: [], isPaused: false, workers });
    const seen: number[] = [];
    const ended = await shop.put(queue, folder, { onProgress: ({ done }) => seen.push(done) });
    expect(ended).toMatchObject({ state: 'done', done: 42, poison: 0, secondsLeft: 0 });
    expect(ended.perSecond).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(42);
    await shop.expectWhole(sink, folder);
    expect(sink.writes).toBe(42);
    // Put once more it is encoded once more, and nothing is there twice.
    await shop.put(queue, folder);
    await shop.expectWhole(sink, folder);
    expect(sink.writes).toBe(84);
    expect(await queueStatus(queue)).toMatchObject({ isPaused: false, workers });
  });

  it('goes on with a run that whoever put it has left', async () => {
    const [folder, queue] = await Promise.all([shop.folder(20), shop.queue('left')]);
    const sink = new MemorySink();
    const leaving = new AbortController();
    const first = work(queue, sink, { atOnce: 1, onEvent: ({ kind }) => kind === 'job' && leaving.abort() });
    let at = gate();
    sink.refuse = () => (sink.items.size > 0 ? at.opened : undefined);
    await expect(shop.put(queue, folder, { signal: leaving.signal })).rejects.toThrow('aborted');
    const closed = first.close();
    at.open();
    await closed;
    at = gate();
    work(queue, sink);
    const begun: number[] = [];
    const onBegin = (_: Run, done: number) => {
      begun.push(done);
      at.open();
    };
    await shop.put(queue, folder, { onBegin });
    expect(begun).toEqual([8]);
    await shop.expectWhole(sink, folder);
    expect(sink.writes).toBe(20);
  });

  it('lists what can not be encoded or kept, and tries it again', async () => {
    const [folder, queue] = await Promise.all([shop.folder(12), shop.queue('poison')]);
    const sink = new MemorySink();
    const [broken, unloved] = [pictureFile(folder, 2), 'class 0/9.png'];
    const kept = await readFile(broken);
    await writeFile(broken, 'nothing to see');
    sink.refuse = (items) => {
      if (items.some(({ id }) => id === unloved)) throw new ServerError('BAD_ITEM', 'an id that nobody wants');
    };
    let stored = 0;
    work(queue, sink, {
      onEvent: (event) => {
        if ('stored' in event) stored += event.stored;
      },
    });
    const ended = await shop.put(queue, folder);
    expect(ended).toMatchObject({ state: 'done', done: 12, poison: 2 });
    expect(stored).toBe(10);
    await shop.expectWhole(sink, folder, ['class 2/2.png', unloved]);
    const list = await queue.runs.poison(ended.run.id);
    expect(list.map(({ id, code }) => [id, code])).toEqual([
      [unloved, 'BAD_ITEM'],
      ['class 2/2.png', 'UNREADABLE_PICTURE'],
    ]);
    expect(list[1].message).toContain("2.png can't be read as a picture");
    await writeFile(broken, kept);
    sink.refuse = () => {};
    expect(await retryPoison(queue, ended.run.id)).toBe(2);
    await expect.poll(async () => (await queue.runs.progress(ended.run.id)).poison).toBe(0);
    expect(await queue.runs.progress(ended.run.id)).toMatchObject({ state: 'done', done: 12 });
    await shop.expectWhole(sink, folder);
  });

  it('tries again what can not be encoded while the job that found it is still ending', async () => {
    const [folder, queue] = await Promise.all([shop.folder(4), shop.queue('ending')]);
    const sink = new MemorySink();
    const broken = pictureFile(folder, 2);
    const kept = await readFile(broken);
    await writeFile(broken, 'nothing to see');
    // The run knows that the job is done, and BullMQ doesn't yet.
    const { opened, open } = gate();
    const runs = new Proxy(queue.runs, {
      get: (target, name: keyof Runs) => {
        if (name !== 'finish') return target[name].bind(target);
        return async (...args: Parameters<Runs['finish']>) => {
          await target.finish(...args);
          await opened;
        };
      },
    });
    work({ ...queue, runs }, sink);
    const ended = await shop.put(queue, folder);
    expect(ended).toMatchObject({ state: 'done', poison: 1 });
    await writeFile(broken, kept);
    const retried = retryPoison(queue, ended.run.id);
    await expect.poll(() => queue.runs.wanted(ended.run.id, 0)).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 200));
    open();
    expect(await retried).toBe(1);
    await expect.poll(async () => (await queue.runs.progress(ended.run.id)).poison).toBe(0);
    await shop.expectWhole(sink, folder);
  });

  it('waits while the gallery takes nothing, and takes no more jobs meanwhile', async () => {
    const [folder, queue] = await Promise.all([shop.folder(48), shop.queue('refused')]);
    const sink = new MemorySink();
    const events: WorkerEvent[] = [];
    let full = true;
    sink.refuse = () => {
      if (full) throw diskFull();
    };
    work(queue, sink, { onEvent: (event) => events.push(event) });
    const run = shop.put(queue, folder);
    await expect.poll(() => events.filter(({ kind }) => kind === 'refused').length).toBe(3);
    const jobs = queue.jobs(shop.model.codebookSha256);
    expect(await jobs.getJobCounts('active', 'wait')).toEqual({ active: 3, wait: 9 });
    full = false;
    expect(await run).toMatchObject({ done: 48, poison: 0 });
    expect(events.map(({ kind }) => kind)).toContain('taken');
    await shop.expectWhole(sink, folder);
    expect(sink.writes).toBe(48);
  });

  it('loses nothing of a worker that is stopped, whether the gallery takes its pictures or not', async () => {
    const [folder, queue] = await Promise.all([shop.folder(24), shop.queue('stopped')]);
    const sink = new MemorySink();
    const events: WorkerEvent[] = [];
    sink.refuse = () => {
      if (sink.items.size >= 8) throw diskFull();
    };
    const first = work(queue, sink, { onEvent: (event) => events.push(event) });
    const run = shop.put(queue, folder);
    await expect.poll(() => events.some(({ kind }) => kind === 'refused')).toBe(true);
    await first.close();
    await first.ended;
    expect(await queue.jobs(shop.model.codebookSha256).getActiveCount()).toBe(0);
    sink.refuse = () => {};
    work(queue, sink);
    await run;
    await shop.expectWhole(sink, folder);
    expect(sink.writes).toBe(24);
  });

  it('takes a worker out whose network fails, and lists a picture of which a sound one fails', async () => {
    const [folder, queue] = await Promise.all([shop.folder(16), shop.queue('network')]);
    const sink = new MemorySink();
    const { model } = shop;
    const failing = (fails: (n: number) => boolean): Model =>
      new Proxy(model, {
        get(target, name) {
          if (name === 'embedPixels') {
            return async (pixels: Uint8Array, n: number) => {
              if (fails(pixels.length === 0 ? 0 : pixels[0] + 256 * n)) {
                throw Object.assign(new Error('out of memory'), { code: 'SESSION_FAILED' });
              }
              return target.embedPixels(pixels, n);
            };
          }
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const ill = work(queue, sink, { model: failing(() => true) });
    const run = shop.put(queue, folder);
    await expect(ill.ended).rejects.toThrow('out of memory');
    expect(sink.writes).toBe(0);
    // Of a batch, and of what begins with this byte: one of the pictures, and not the grey one.
    let bad: number | undefined;
    work(queue, sink, {
      model: failing((key) => {
        if (key >= 512) return true;
        if (key - 256 !== 128) bad ??= key;
        return key === bad;
      }),
    });
    const ended = await run;
    const list = await queue.runs.poison(ended.run.id);
    expect(list.length).toBeGreaterThan(0);
    expect(list.every(({ code }) => code === 'SESSION_FAILED')).toBe(true);
    await shop.expectWhole(
      sink,
      folder,
      list.map(({ id }) => id),
    );
  });

  it('leaves a picture alone with which three workers were lost, and encodes those beside it', async () => {
    const [folder, queue] = await Promise.all([shop.folder(4), shop.queue('deadly')]);
    const leaving = new AbortController();
    await expect(
      shop.put(queue, folder, { signal: leaving.signal, onProgress: () => leaving.abort() }),
    ).rejects.toThrow();
    const [progress] = (await queueStatus(queue)).runs;
    const [job] = await queue.jobs(shop.model.codebookSha256).getWaiting();
    const { pictures } = job.data;
    const stored: string[] = [];
    const lost = (deadly: string) => ({
      runs: queue.runs,
      model: shop.model,
      store: (_: unknown, [picture]: readonly { id: string }[]) => {
        if (picture.id === deadly) return new Promise<never>(() => {});
        stored.push(picture.id);
        return Promise.resolve([]);
      },
    });
    for (let death = 0; death < 3; death++) {
      stored.length = 0;
      void oneByOne(progress.run, pictures, lost(pictures[1].id));
      await expect.poll(() => stored).toEqual([pictures[0].id]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    stored.length = 0;
    expect(await oneByOne(progress.run, pictures, lost(pictures[1].id))).toMatchObject([
      { id: pictures[1].id, code: 'WORKER_LOST' },
    ]);
    expect(stored).toEqual([0, 2, 3].map((i) => pictures[i].id));
  });

  it('pauses, goes on and is cancelled', async () => {
    const [folder, queue] = await Promise.all([shop.folder(40), shop.queue('steered')]);
    const sink = new MemorySink();
    let asked = 0;
    let at = gate();
    sink.refuse = () => {
      asked++;
      return at.opened;
    };
    work(queue, sink, { atOnce: 1 });
    const run = shop.put(queue, folder);
    const cancelled = expect(run).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    await expect.poll(() => asked).toBe(1);
    await pauseQueue(queue, true);
    at.open();
    const jobs = queue.jobs(shop.model.codebookSha256);
    await expect.poll(() => jobs.getActiveCount()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sink.writes).toBe(4);
    expect((await queueStatus(queue)).isPaused).toBe(true);
    at = gate();
    await pauseQueue(queue, false);
    await expect.poll(() => asked).toBe(2);
    const [{ run: found }] = (await queueStatus(queue)).runs;
    expect(await cancelRun(queue, found.id)).toMatchObject({ state: 'cancelled' });
    at.open();
    await cancelled;
    await expect.poll(() => jobs.getActiveCount()).toBe(0);
    expect(sink.writes).toBe(8);
    // Put again it begins anew.
    expect(await shop.put(queue, folder)).toMatchObject({ state: 'done', done: 40 });
    await shop.expectWhole(sink, folder);
  });

  it.each(['has lost everything', 'is killed'])('ends a run although Redis %s in the middle of it', async (what) => {
    const [folder, queue] = await Promise.all([shop.folder(60), shop.queue(what.split(' ').at(-1)!)]);
    const sink = new MemorySink();
    // A lock that Redis brings back from before its end keeps others from the job for so long.
    work(queue, sink, { silence: 2000 });
    work(queue, sink, { silence: 2000 });
    sink.refuse = () => new Promise((resolve) => setTimeout(resolve, 60));
    const run = shop.put(queue, folder);
    await expect.poll(() => sink.writes).toBeGreaterThan(12);
    if (what === 'is killed') {
      await shop.cluster.redis!.kill();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await shop.cluster.redis!.start();
    } else await queue.redis.flushall();
    expect(await run).toMatchObject({ state: 'done', done: 60, poison: 0 });
    await shop.expectWhole(sink, folder);
  });
});
