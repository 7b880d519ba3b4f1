/**
 * @file The thread that a session lives in: `session.run` blocks the thread it is called on.
 *
 * Loaded by session-thread.ts from the built package. Says `ready` or `failed` once, then answers each `run`.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { openSession } from './execution.ts';
import type { Provider, Refusal } from './providers.ts';
import type { FromThread, ThreadStart, ToThread } from './session-thread.ts';

const { bytes, providers, threads } = workerData as ThreadStart;
const port = parentPort!;
const say = (message: FromThread): void => port.postMessage(message);

const refused: Refusal[] = [];
let session: InferenceSession | undefined;
let chosen: Provider | undefined;
for (const provider of providers) {
  try {
    session = await openSession(bytes, provider, { threads });
    chosen = provider;
    break;
  } catch (error) {
    refused.push({ provider, reason: firstLine(error) });
  }
}

if (session && chosen) {
  const open = session;
  say({
    kind: 'ready',
    provider: chosen,
    refused,
    inputNames: [...open.inputNames],
    outputNames: [...open.outputNames],
    inputMetadata: plain(open.inputMetadata),
    outputMetadata: plain(open.outputMetadata),
  });
  port.on('message', (message: ToThread) => void answer(open, message));
} else {
  say({ kind: 'failed', refused });
  port.close();
}

async function answer(open: InferenceSession, message: ToThread): Promise<void> {
  if (message.kind === 'release') {
    await open.release();
    say({ kind: 'released' });
    port.close();
    return;
  }
  const { id } = message;
  try {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(message.feeds)) {
      feeds[name] = new Tensor(type as 'uint8', data as Uint8Array, dims);
    }
    const results = await open.run(feeds);
    const outputs: Record<string, { type: string; dims: readonly number[]; data: unknown }> = {};
    for (const [name, tensor] of Object.entries(results)) {
      outputs[name] = { type: tensor.type, dims: tensor.dims, data: tensor.data };
    }
    say({ kind: 'result', id, outputs });
  } catch (error) {
    say({ kind: 'error', id, message: firstLine(error) });
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0].trim();
}

/** Metadata without prototypes, so that it can be posted. */
function plain<T>(metadata: readonly T[]): T[] {
  return JSON.parse(JSON.stringify(metadata)) as T[];
}
