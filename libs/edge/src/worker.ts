/** @file The thread of a page that everything heavy runs in; started by retriever.ts. */

import { closeAll } from './decode.ts';
import { Engine } from './engine.ts';
import { EdgeError, toPlain } from './errors.ts';
import type { ToPage, ToWorker } from './protocol.ts';

const say = (message: ToPage): void => postMessage(message);
let engine: Engine | undefined;
/** Calls under way. */
const calls = new Map<number, AbortController>();

addEventListener('message', ({ data }: MessageEvent<ToWorker | null>) => {
  // What can't be read arrives as nothing.
  if (data === null) return;
  if (data.kind === 'open') void open(data);
  else if (data.kind === 'cancel') calls.get(data.id)?.abort();
  else void call(data);
});

async function open({ options }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
  try {
    engine = await Engine.open(options, {
      onProgress: (progress) => say({ kind: 'progress', progress }),
      onOwn: (own) => say({ kind: 'own', own }),
      onInfo: (info) => say({ kind: 'info', info }),
    });
    say({ kind: 'opened', info: engine.info });
  } catch (error) {
    say({ kind: 'refused', error: toPlain(error) });
  }
}

async function call({ id, method, args }: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  const cancelled = new AbortController();
  calls.set(id, cancelled);
  try {
    if (!engine) throw new EdgeError('CLOSED', 'The retriever is not open.');
    const work = engine[method] as (...args: unknown[]) => Promise<unknown>;
    const options = { signal: cancelled.signal, onStep: (value: unknown) => say({ kind: 'step', id, value }) };
    say({ kind: 'result', id, value: await work.apply(engine, [...args, options]) });
  } catch (error) {
    say({ kind: 'error', id, error: toPlain(error) });
  } finally {
    calls.delete(id);
    // Whatever became of them: bitmaps and frames that came along are this thread's.
    closeAll(picturesIn(args));
  }
}

/** A call's pictures: one, a list of them, or a list of what has one. */
function picturesIn([first]: readonly unknown[]): readonly unknown[] {
  const list = Array.isArray(first) ? first : [first];
  return list.map((one) => (one as { picture?: unknown } | undefined)?.picture ?? one);
}
