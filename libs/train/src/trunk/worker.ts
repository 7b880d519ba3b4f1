/** @file A worker that shows a frozen trunk views of pictures. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Picture } from '@dqn/data';
import type { NetworkInput } from '../engine/engine.ts';
import { checkAgreement } from '../engine/onnxruntime/agreement.ts';
import { loadOrt, providerOf } from '../engine/onnxruntime/ort.ts';
import { erase, recolour } from './colours.ts';
import { CLOSE, TRUNK_BATCH, type TrunkAnswer, type TrunkRequest, type TrunkStart } from './protocol.ts';
import { Resizer } from './upsample.ts';
import { crop } from './views.ts';

const { ortModule, preprocess, trunk, onCpu, size, width }: TrunkStart = workerData;
const port = parentPort!;
const ort = await loadOrt(ortModule);
const cpu = { threads: 1, provider: 'cpu' } as const;
// A resize with antialias is the CPU's alone, and its bits are those that a served model sees.
const resize = await ort.createSession(preprocess, cpu);
if (trunk && !onCpu && providerOf(ort) !== 'cpu') await checkAgreement(trunk, [TRUNK_BATCH, size, size, 3], ort);
const network = trunk && (await ort.createSession(trunk, onCpu ? cpu : { threads: 1 }));
const [input] = resize.inputNames;
const [pixelsOf] = resize.outputNames;
const [image] = network?.inputNames ?? [];
const [output] = network?.outputNames ?? [];
const bytes = size * size * 3;

async function toPixels({ width, height, data }: Picture): Promise<Uint8Array> {
  const made = await resize.run({ [input]: new ort.Tensor('uint8', data, [height, width, 3]) }, { [pixelsOf]: null });
  return made[pixelsOf].data as Uint8Array;
}

const resizer = new Resizer(size, toPixels);

/** A view as the network sees it, put into `place`. Colours are changed where there are fewer pixels: before or after resizing. */
async function show({ picture, view }: TrunkRequest['views'][number], place: Uint8Array): Promise<void> {
  const { square, colours, mirrored, erased } = view;
  const shown = square ? crop(picture, square) : picture;
  const early = square !== undefined && shown.data.length <= bytes;
  if (colours && early) recolour(shown.data, colours);
  await resizer.run(shown, mirrored, place);
  if (colours && !early) recolour(place, colours);
  if (erased) erase(place, size, erased);
}

async function compute({ views }: TrunkRequest): Promise<NetworkInput> {
  const images = new Uint8Array(TRUNK_BATCH * bytes);
  for (const [i, view] of views.entries()) await show(view, images.subarray(i * bytes, (i + 1) * bytes));
  if (!network) return images.slice(0, views.length * bytes);
  const made = await network.run(
    { [image]: new ort.Tensor('uint8', images, [TRUNK_BATCH, size, size, 3]) },
    { [output]: null },
  );
  return (made[output].data as Float32Array).slice(0, views.length * width);
}

/** One request after the other. */
let last = Promise.resolve();

port.on('message', (request: TrunkRequest | typeof CLOSE) => {
  last = last.then(async () => {
    if (request !== CLOSE) return serve(request);
    port.close();
    await resize.release();
    await network?.release();
  });
});

async function serve(request: TrunkRequest): Promise<void> {
  const { id } = request;
  let answer: TrunkAnswer;
  try {
    answer = { id, features: await compute(request) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer, 'features' in answer ? [answer.features.buffer as ArrayBuffer] : []);
}

port.postMessage({ id: 0, features: new Float32Array(0) } satisfies TrunkAnswer);
