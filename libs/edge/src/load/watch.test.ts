import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { request } from './fetch.ts';
import { asOrKept } from './patience.ts';
import { Watch } from './watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A fetch whose body gives what is pushed into it; aborting ends it. */
function slowFetch() {
  const pipe = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 10 });
  const writer = pipe.writable.getWriter();
  const fetch = async (_: string, { signal }: RequestInit) => {
    signal?.addEventListener('abort', () => void writer.abort(signal.reason).catch(() => undefined));
    return new Response(pipe.readable, { headers: { 'content-length': '100' } });
  };
  vi.stubGlobal('fetch', fetch);
  return writer;
}

describe('a connection', () => {
  it('on which nothing comes says so each second, and that it goes on', async () => {
    const said: number[] = [];
    const watch = new Watch((silent) => said.push(Math.round(silent / 1000)));
    const end = watch.begin();
    await vi.advanceTimersByTimeAsync(2900);
    watch.heard();
    await vi.advanceTimersByTimeAsync(5100);
    watch.heard();
    expect(said).toEqual([3, 4, 5, 0]);
    await vi.advanceTimersByTimeAsync(2000);
    end();
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([3, 4, 5, 0]);
  });

  it('is given up when nothing has come for half a minute', async () => {
    const writer = slowFetch();
    const said: number[] = [];
    const answer = await request('https://x.test/file', { watch: new Watch((silent) => said.push(silent)) });
    const pieces: number[] = [];
    const work = (async () => {
      for await (const chunk of answer.chunks()) pieces.push(chunk.length);
    })();
    const failed = expect(work).rejects.toMatchObject({
      name: 'EdgeError',
      code: 'STALLED',
      message: expect.stringContaining('https://x.test/file'),
    });
    await writer.write(new Uint8Array(40));
    await vi.advanceTimersByTimeAsync(29_000);
    await writer.write(new Uint8Array(40));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(pieces).toEqual([40, 40]);
    await vi.advanceTimersByTimeAsync(2000);
    await failed;
    expect(said.length).toBeGreaterThan(40);
  });

  it('that stalls is left as soon as the signal says so', async () => {
    slowFetch();
    const controller = new AbortController();
    const answer = await request('https://x.test/file', { signal: controller.signal });
    const work = answer.chunks().next();
    const left = expect(work).rejects.toThrow('enough');
    await vi.advanceTimersByTimeAsync(5000);
    controller.abort(new Error('enough'));
    await left;
  });
});

describe('asking for news of what is kept', () => {
  it('has some patience, and tells why it gave up', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const said: string[] = [];
    const asked = asOrKept(never, { onOffline: (why) => said.push(why) });
    await vi.advanceTimersByTimeAsync(4000);
    expect(await asked).toBeUndefined();
    expect(await asOrKept(() => Promise.reject(new Error('down')), { onOffline: (why) => said.push(why) })).toBe(
      undefined,
    );
    expect(said).toEqual(['the server did not answer within 4 s', 'down']);
    const stop = new AbortController();
    const left = expect(asOrKept(never, { signal: stop.signal, onOffline: () => {} })).rejects.toThrow('enough');
    stop.abort(new Error('enough'));
    await left;
  });
});
