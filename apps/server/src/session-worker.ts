/**
 * @file The thread that a session lives in: `session.run` blocks the thread it is called on.
 *
 * Loaded by session-thread.ts from the built package. Says `ready` or `failed` once, then answers each `run`.
 */

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Provider, Refusal } from './providers.ts';
import type { FromThread, ThreadStart, ToThread } from './session-thread.ts';

const { bytes, providers, threads } = workerData as ThreadStart;
const port = parentPort!;
const say = (message: FromThread): void => port.postMessage(message);

// A provider that doesn't start is told by its refusal, not by ONNX Runtime's log.
env.logLevel = 'fatal';

const refused: Refusal[] = [];
let session: InferenceSession | undefined;
let chosen: Provider | undefined;
for (const provider of providers) {
  // Dawn complains at length on stderr where there is no Vulkan; that is known beforehand.
  if (provider === 'webgpu' && providers.length > 1 && vulkanIsMissing()) {
    refused.push({ provider, reason: 'libvulkan.so.1 is not installed' });
    continue;
  }
  try {
    session = await InferenceSession.create(bytes, {
      executionProviders: [provider],
      logSeverityLevel: 3,
      ...(provider === 'cpu' && { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    });
    chosen = provider;
    break;
  } catch (error) {
    refused.push({ provider, reason: reasonOf(error) });
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

/** True only where Linux's list of libraries is there and Vulkan's loader isn't in it. */
function vulkanIsMissing(): boolean {
  if (process.platform !== 'linux' || process.env.LD_LIBRARY_PATH) return false;
  try {
    return !readFileSync('/etc/ld.so.cache').includes('libvulkan.so.1');
  } catch {
    return false;
  }
}

/** ONNX Runtime's reason without the place in its source where it was found. */
function reasonOf(error: unknown): string {
  return firstLine(error)
    .replace(/^.* was false\.\s*/, '')
    .replace(/^OrtSessionOptions\w+:\s*/, '');
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0].trim();
}

/** Metadata without prototypes, so that it can be posted. */
function plain<T>(metadata: readonly T[]): T[] {
  return JSON.parse(JSON.stringify(metadata)) as T[];
}
