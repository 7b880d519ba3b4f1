/**
 * @file The thread that a session lives in: `session.run` blocks the thread it is called on.
 *
 * Loaded by thread.ts from the built package. Says `ready` or `failed` once, then answers each task. A thread with the
 * preprocessing graph takes image files, too: what a decoded picture takes never passes through the serving thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { openSession } from '../execution.ts';
import type { Provider, Refusal } from '../providers.ts';
import type { FromThread, Outputs, PictureTask, Pixels, Task, ThreadStart, ToThread } from './messages.ts';

/** A picture that takes longer isn't one that somebody took. */
const DECODE_SECONDS = 20;

const { bytes, providers, threads } = workerData as ThreadStart;
const port = parentPort!;
const say = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

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
  const working = new Set<Promise<void>>();
  port.on('message', (message: ToThread) => {
    if (message.kind === 'release') {
      void Promise.all(working)
        .then(() => open.release())
        .finally(() => port.close());
      return;
    }
    const work = answer(open, message.id, message.task).finally(() => working.delete(work));
    working.add(work);
  });
} else {
  say({ kind: 'failed', refused });
  port.close();
}

async function answer(open: InferenceSession, id: number, task: Task): Promise<void> {
  try {
    if (task.kind === 'picture') {
      say({ kind: 'done', id, result: await pixelsOf(open, task) });
    } else say({ kind: 'done', id, result: await run(open, task) });
  } catch (error) {
    const { code } = error as { code?: unknown };
    say({ kind: 'error', id, code: typeof code === 'string' ? code : undefined, message: firstLine(error) });
  }
}

async function run(open: InferenceSession, task: Extract<Task, { kind: 'run' }>): Promise<Outputs> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { type, data, dims }] of Object.entries(task.feeds)) {
    // ONNX Runtime takes no shared memory.
    const own = (data as Uint8Array).buffer instanceof SharedArrayBuffer ? (data as Uint8Array).slice() : data;
    feeds[name] = new Tensor(type as 'uint8', own as Uint8Array, dims);
  }
  const results = await open.run(feeds);
  const outputs: Record<string, { type: string; dims: readonly number[]; data: unknown }> = {};
  for (const [name, tensor] of Object.entries(results)) {
    outputs[name] = { type: tensor.type, dims: tensor.dims, data: tensor.data };
  }
  return { outputs };
}

async function pixelsOf(open: InferenceSession, task: PictureTask): Promise<Pixels> {
  // The network's thread has no use for a decoder.
  const [{ DataError, decodePicture, encodeThumbnail }, { checkPicture }] = await Promise.all([
    import('@dqn/data'),
    import('@dqn/runtime'),
  ]);
  if (typeof task.source !== 'string' && mayBeDrawing(task.source)) {
    throw new DataError(
      'UNREADABLE_PICTURE',
      'This is no picture of pixels (SVG and the like are not taken): send JPEG, PNG or WebP',
    );
  }
  const begun = performance.now();
  const picture = await decodePicture(task.source, { maxPixels: task.maxPixels, seconds: DECODE_SECONDS });
  checkPicture(picture);
  const decoded = performance.now();
  const thumbnail = task.thumbnail > 0 ? await encodeThumbnail(picture, task.thumbnail) : undefined;
  const { width, height, data } = picture;
  let pixels: Uint8Array = data;
  if (width !== task.readySize || height !== task.readySize) {
    const feeds = { [open.inputNames[0]]: new Tensor('uint8', data, [height, width, 3]) };
    pixels = (await open.run(feeds))[open.outputNames[0]].data as Uint8Array;
  }
  const { length: bytes } = pixels;
  if (bytes === task.into.length) task.into.set(pixels);
  return { bytes, decode: decoded - begun, preprocess: performance.now() - decoded, thumbnail };
}

/** Text, or gzip: an SVG is a program for a renderer, and what it takes has little to do with its size. */
function mayBeDrawing(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  return first === 0x3c || (bytes[0] === 0x1f && bytes[1] === 0x8b);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0].trim();
}

/** Metadata without prototypes, so that it can be posted. */
function plain<T>(metadata: readonly T[]): T[] {
  return JSON.parse(JSON.stringify(metadata)) as T[];
}
