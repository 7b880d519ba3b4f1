/** @file Folds in another thread, seen from the one that serves. */
import { Worker } from 'node:worker_threads';
import { FormatError } from '@dqn/format';
import { ServerError } from '../errors.ts';
import { nodeFiles } from './files.ts';
import type { Folded, FoldInput } from './fold.ts';

/** Node 20 loads no TypeScript in a worker, so the source tree uses the built entry too. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/store/fold-worker.js' : './fold-worker.js',
  import.meta.url,
);

type Answer =
  | { readonly folded: Folded }
  | { readonly error: { readonly name: string; readonly message: string; readonly code?: string } };

/** The same as `fold` on Node's file system. @throws as `fold`; ServerError `INTERNAL` for a thread that was lost */
export async function foldInThread(input: FoldInput, signal?: AbortSignal): Promise<Folded> {
  signal?.throwIfAborted();
  const worker = new Worker(ENTRY, { workerData: input, name: 'dqn-fold', execArgv: [] });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    const answer = await new Promise<Answer | undefined>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => resolve(undefined));
    });
    if (answer !== undefined && 'folded' in answer) return answer.folded;
    throw answer === undefined
      ? new ServerError('INTERNAL', 'The thread that folds has ended early.')
      : asError(answer);
  } catch (error) {
    await worker.terminate();
    await nodeFiles.remove(input.target).catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function asError({ error }: Extract<Answer, { error: unknown }>): Error {
  const { name, message, code } = error;
  if (name === 'FormatError') return new FormatError(code as FormatError['code'], message);
  if (name === 'ServerError') return new ServerError(code as ServerError['code'], message);
  return Object.assign(new Error(message), { name, code });
}
