/** @file The thread of a page that everything heavy runs in; started by retriever.ts. */

import { Engine } from './engine.ts';
import { EdgeError, toPlain } from './errors.ts';
import type { ToPage, ToWorker } from './protocol.ts';

const say = (message: ToPage): void => postMessage(message);
const stop = new AbortController();
let engine: Engine | undefined;

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'abort') stop.abort();
  else if (data.kind === 'open') void open(data);
  else void call(data);
});

async function open({ options }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
  try {
    engine = await Engine.open(options, (progress) => say({ kind: 'progress', progress }), stop.signal);
    say({ kind: 'opened', info: engine.info });
  } catch (error) {
    say({ kind: 'refused', error: toPlain(error) });
  }
}

async function call({ id, method, args }: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  try {
    if (!engine) throw new EdgeError('CLOSED', 'The retriever is not open.');
    const work = engine[method] as (...args: unknown[]) => Promise<unknown>;
    say({ kind: 'result', id, value: await work.apply(engine, [...args]) });
  } catch (error) {
    say({ kind: 'error', id, error: toPlain(error) });
  }
}
