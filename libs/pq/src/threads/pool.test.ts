import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encode } from '../encode.ts';
import { PqError } from '../errors.ts';
import { startThread, type Thread, type ThreadEvents } from './platform.ts';
import { openPool, type Pool } from './pool.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

// The threads run dist: `npm run build` first (npm test does).
const codebook = { M: 2, K: 2, D: 4, codewords: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
const x = Float32Array.from({ length: 40 }, (_, i) => (i * 7) % 9);

let pool: Pool | undefined;
afterEach(() => pool?.close());

/** A thread in this one: what it answers is the test's. */
function fakeThreads(behave: (message: ToWorker, tell: (message: FromWorker) => void, events: ThreadEvents) => void) {
  const held: boolean[] = [];
  const start = (events: ThreadEvents): Thread => {
    const place = held.push(true) - 1;
    return {
      post: (message) => setImmediate(() => behave(message as ToWorker, (answer) => events.onMessage(answer), events)),
      hold: (busy) => {
        held[place] = busy;
      },
      end: () => {},
    };
  };
  return { start, held };
}

describe('a pool of threads', () => {
  it('does the work elsewhere, with the same result', async () => {
    pool = await openPool(2);
    expect(pool?.size).toBe(2);
    const all = await Promise.all(Array.from({ length: 5 }, () => pool!.run('encode', { codebook, x })));
    for (const codes of all) expect(codes).toEqual(encode(codebook, x));
    expect(await pool!.runInEach('encode', { codebook, x })).toEqual(all.slice(0, 2));
  });

  it('throws what the task threw', async () => {
    pool = await openPool(1);
    const bad = pool!.run('encode', { codebook, x: x.with(3, Number.NaN) });
    await expect(bad).rejects.toBeInstanceOf(PqError);
    await expect(bad).rejects.toMatchObject({ code: 'NOT_FINITE', message: expect.stringContaining('Vector 0') });
    await expect(pool!.run('encode', { codebook, x: x.subarray(1) })).rejects.toMatchObject({ code: 'BAD_SHAPE' });
    // A function can't be cloned; the thread goes on.
    const uncloneable = { codebook, x, extra: () => {} };
    await expect(pool!.run('encode', uncloneable)).rejects.toThrow('could not be cloned');
    expect(await pool!.run('encode', { codebook, x })).toEqual(encode(codebook, x));
  });

  it('moves what is transferred', async () => {
    pool = await openPool(1);
    const moved = x.slice();
    await pool!.run('encode', { codebook, x: moved }, { transfer: [moved.buffer] });
    expect(moved.length).toBe(0);
  });

  it('gives the reason of an abort, before, in the queue and at work', async () => {
    pool = await openPool(1);
    const now = pool!.run('encode', { codebook, x }, { signal: AbortSignal.abort('enough') });
    await expect(now).rejects.toBe('enough');
    const stop = new AbortController();
    const both = [1, 2].map(() => pool!.run('encode', { codebook, x }, { signal: stop.signal }));
    stop.abort('later');
    for (const each of both) await expect(each).rejects.toBe('later');
    expect(await pool!.run('encode', { codebook, x })).toEqual(encode(codebook, x));
  });

  it('is none where there are no threads, or none were asked for', async () => {
    expect(await openPool(0)).toBeUndefined();
    expect(await openPool(2, () => undefined)).toBeUndefined();
    // A module that isn't there, and one that falls on its face.
    for (const entry of [new URL('file:///no/such/module.js'), new URL('data:text/javascript,throw 1')]) {
      expect(await openPool(2, (events) => startThread(events, entry))).toBeUndefined();
    }
    for (const threads of [-1, 1.5, Number.NaN]) {
      await expect(openPool(threads)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    }
  });

  it('refuses the job of a thread that ends in the middle, and goes on with the others', async () => {
    let died = 0;
    const { start } = fakeThreads((message, tell, events) => {
      if (message.kind === 'begin') tell({ kind: 'ready' });
      else if (died++ === 0) events.onEnd(new Error('out of breath'));
      else tell({ kind: 'result', job: message.job, value: message.job });
    });
    pool = await openPool(2, start);
    const [first, ...others] = [1, 2, 3].map(() => pool!.run('encode', { codebook, x }));
    await expect(first).rejects.toMatchObject({
      code: 'THREAD_LOST',
      message: expect.stringContaining('out of breath'),
    });
    expect(await Promise.all(others)).toEqual([2, 3]);
    expect(pool!.size).toBe(1);
  });

  it('refuses everything when the last thread has ended', async () => {
    const entry = new URL(
      `data:text/javascript,${encodeURIComponent(
        `import { parentPort } from 'node:worker_threads';
        parentPort.on('message', ({ kind }) => {
          if (kind === 'job') process.exit(3);
          parentPort.postMessage({ kind: 'ready' });
        });`,
      )}`,
    );
    pool = await openPool(1, (events) => startThread(events, entry));
    const jobs = [1, 2].map(() => pool!.run('encode', { codebook, x }));
    for (const job of jobs) await expect(job).rejects.toMatchObject({ code: 'THREAD_LOST' });
    expect(pool!.size).toBe(0);
    await expect(pool!.run('encode', { codebook, x })).rejects.toMatchObject({ code: 'THREAD_LOST' });
    await expect(pool!.runInEach('encode', { codebook, x })).resolves.toEqual([]);
  });

  it('tells progress, and holds the process only while it works', async () => {
    const { start, held } = fakeThreads((message, tell) => {
      if (message.kind === 'begin') return tell({ kind: 'ready' });
      tell({ kind: 'progress', job: message.job, done: 5 });
      // Of a job that isn't its own: not told.
      tell({ kind: 'progress', job: message.job + 1, done: 6 });
      tell({ kind: 'result', job: message.job, value: 0 });
    });
    pool = await openPool(1, start);
    expect(held).toEqual([false]);
    const onProgress = vi.fn();
    const job = pool!.run('encode', { codebook, x }, { onProgress });
    expect(held).toEqual([true]);
    await job;
    expect(held).toEqual([false]);
    expect(onProgress.mock.calls).toEqual([[5]]);
  });

  it('throws what onProgress throws', async () => {
    const { start } = fakeThreads((message, tell) => {
      if (message.kind === 'begin') return tell({ kind: 'ready' });
      tell({ kind: 'progress', job: message.job, done: 5 });
      tell({ kind: 'result', job: message.job, value: 0 });
    });
    pool = await openPool(1, start);
    const onProgress = () => {
      throw new Error('no more');
    };
    await expect(pool!.run('encode', { codebook, x }, { onProgress })).rejects.toThrow('no more');
    await expect(pool!.run('encode', { codebook, x })).resolves.toBe(0);
  });

  it('refuses work once closed, and what was under way', async () => {
    pool = await openPool(1);
    const jobs = [1, 2].map(() => pool!.run('encode', { codebook, x }));
    pool!.close();
    for (const job of jobs) await expect(job).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(pool!.run('encode', { codebook, x })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('lets a process wait for its work, and end with the pool open', () => {
    const built = fileURLToPath(new URL('../../dist/threads/pool.js', import.meta.url));
    const script = `
      import { openPool } from ${JSON.stringify(built)};
      const pool = await openPool(2);
      const codebook = { M: 1, K: 2, D: 1, codewords: Float32Array.of(0, 1) };
      console.log((await pool.run('encode', { codebook, x: Float32Array.of(1, 0) })).join());`;
    const args = ['--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })).toBe('1,0\n');
  });
});
