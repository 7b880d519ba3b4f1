/** @file What the benchmark calls inside Chromium: our retriever, bare onnxruntime-web with as many threads, a camera. */
import { openRetriever } from '@dqn/edge';
import * as ort from 'onnxruntime-web/wasm';

const OPEN = { model: './model/', gallery: './gallery', provider: 'wasm' };
let retriever;
let session;
let feed;
let video;
/** The longest task of the page's own thread since it was last asked, milliseconds; below 50 none is told. */
let longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
}).observe({ type: 'longtask' });

const toBlob = (text) => new Blob([Uint8Array.from(atob(text), (char) => char.charCodeAt(0))]);
let blobs = [];

/** Milliseconds of `count` calls of which `flying` are under way at a time. */
async function many(count, flying, call) {
  let next = 0;
  const start = performance.now();
  const one = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: flying }, one));
  return performance.now() - start;
}

window.probe = {
  async open() {
    retriever = await openRetriever(OPEN);
    return { threads: retriever.info.threads, isolated: crossOriginIsolated, size: retriever.info.size };
  },
  close: () => retriever.close(),

  /** Loads the bare network, with as many threads as ours has; its picture lies ready. */
  async bare() {
    ort.env.wasm.numThreads = retriever.info.threads;
    const network = new Uint8Array(await (await fetch('./model/model.onnx')).arrayBuffer());
    session = await ort.InferenceSession.create(network, { executionProviders: ['wasm'] });
    const { size } = retriever.info;
    const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 31) & 255);
    feed = { [session.inputNames[0]]: new ort.Tensor('uint8', pixels, [1, size, size, 3]) };
  },
  give(files) {
    blobs = files.map(toBlob);
  },
  /** Milliseconds of `count` searches by the pictures given. */
  searchPictures: (count, flying) => many(count, flying, (i) => retriever.search(blobs[i % blobs.length], { k: 10 })),
  /** Milliseconds of as many runs of the bare network. */
  runBare: (count) => many(count, 1, () => session.run(feed)),

  async startCamera() {
    video = document.createElement('video');
    video.muted = true;
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    await video.play();
    return [video.videoWidth, video.videoHeight];
  },
  searchFrames: (count, flying) => many(count, flying, () => retriever.search(video, { k: 10 })),
  /** Frames that the camera gave in so many milliseconds. */
  async cameraRate(ms) {
    let frames = 0;
    const count = () => {
      frames++;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
    await new Promise((resolve) => setTimeout(resolve, ms));
    return (frames * 1000) / ms;
  },

  /** The longest task since the last call. */
  async longest() {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = longest;
    longest = 0;
    return found;
  },

  async openAndClose(times) {
    for (let i = 0; i < times; i++) {
      const one = await openRetriever(OPEN);
      await one.search({ row: i % 100 });
      await one.close();
    }
  },
  /** Bytes of the page and its workers, wasm included, after the garbage has been collected. */
  memory: async () => (await performance.measureUserAgentSpecificMemory()).bytes,
};
