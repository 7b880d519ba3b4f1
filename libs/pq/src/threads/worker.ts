/** @file What a worker thread runs: it does the tasks that it is given, one after another. Started by ./platform.ts. */
import type { AbortSignalLike } from '../errors.ts';
import { listen } from './platform.ts';
import { type FromWorker, type ToWorker, toPlain } from './protocol.ts';
import { type Task, tasks } from './tasks.ts';

const post = listen((message) => {
  const data = message as ToWorker;
  if (data.kind === 'begin') {
    unwanted = data.unwanted;
    say({ kind: 'ready' });
  } else void work(data);
});
const say = (message: FromWorker, transfer: readonly object[] = []): void => post(message, transfer);
let unwanted: Int32Array | undefined;

async function work({ job, task, input }: Extract<ToWorker, { kind: 'job' }>): Promise<void> {
  try {
    const signal: AbortSignalLike = {
      get aborted() {
        return unwanted !== undefined && Atomics.load(unwanted, 0) === job;
      },
      // Nobody waits for it: whoever aborted was given the true reason.
      reason: new Error('aborted'),
    };
    const transfer: object[] = [];
    const value = await (tasks as Record<string, Task>)[task](input as never, {
      signal,
      progress: (done) => say({ kind: 'progress', job, done }),
      transfer: (...buffers) => transfer.push(...buffers),
    });
    say({ kind: 'result', job, value }, transfer);
  } catch (error) {
    say({ kind: 'error', job, error: toPlain(error) });
  }
}
