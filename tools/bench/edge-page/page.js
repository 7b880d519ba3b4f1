/** @file What the benchmark calls inside Chromium: our retriever, and bare onnxruntime-web with as many threads. */
import { openRetriever } from '@dqn/edge';
import * as ort from 'onnxruntime-web/wasm';

let retriever;
let session;
let blobs;
let feed;

/** Loads both; `files`: base64 of image files. */
window.prepare = async ({ files, size, batch, threads }) => {
  retriever = await openRetriever({ model: './model/', gallery: './gallery', provider: 'wasm', threads });
  blobs = files.map((text) => new Blob([Uint8Array.from(atob(text), (char) => char.charCodeAt(0))]));
  ort.env.wasm.numThreads = retriever.info.threads;
  const network = new Uint8Array(await (await fetch('./model/model.onnx')).arrayBuffer());
  session = await ort.InferenceSession.create(network, { executionProviders: ['wasm'] });
  const pixels = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 31) & 255);
  feed = { [session.inputNames[0]]: new ort.Tensor('uint8', pixels, [batch, size, size, 3]) };
  return retriever.info.threads;
};

/** Milliseconds for all files, from blobs to codes. */
window.encodeAll = async () => {
  const start = performance.now();
  await retriever.encode(blobs);
  return performance.now() - start;
};

/** Milliseconds for as many pictures in batches through the bare session. */
window.runBare = async (batches) => {
  const start = performance.now();
  for (let i = 0; i < batches; i++) await session.run(feed);
  return performance.now() - start;
};
