/**
 * @file `npm run bench -- train`: training steps a second, and GFLOP/s, of both engines against their peers.
 *
 * The network is conv 5×5 × 32, 64, 128 (each ReLU and 2 × 2 max pool) and a bottleneck of 64 on 32 px: forward and both
 * gradients of every product count, the input's gradient of the first convolution doesn't (it is never computed).
 * Steps are whole: loss, optimiser and batches included. Peers: the same in PyTorch on the CPU, where Python has torch
 * (DQN_PYTHON names another Python), and a hand-written loop on the same TF.js.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { convnet } from '@dqn/onnx';
import { dqnLoss, loadTf, openLearner, similarity } from '@dqn/train';
import { handWrittenStep } from './handwritten-tfjs.mjs';
import { interleave, median, speedup } from './interleave.mjs';

const SIZE = 32;
const BATCH = 128;
const DIMENSIONS = 64;
const CHANNELS = [32, 64, 128];
const STEPS = 4;
const ROUNDS = 7;
const CIFAR_TRAIN = 50_000;
const ORT = new URL('../../apps/trainer/dist/ort.js', import.meta.url).href;

/** Floating point operations of one training step on one picture. */
function flopsAPicture() {
  let before = 3;
  let side = SIZE;
  let sum = 0;
  for (const width of CHANNELS) {
    const forward = 2 * 25 * before * width * side * side;
    sum += forward * (before === 3 ? 2 : 3);
    before = width;
    side /= 2;
  }
  return sum + 3 * 2 * before * side * side * DIMENSIONS;
}

const graph = () =>
  convnet({
    size: SIZE,
    dimensions: DIMENSIONS,
    seed: 1,
    stages: CHANNELS.map((width) => ({ width, kernel: 5 })),
    normalization: 'none',
  });

/** A batch of noise, its labels drawn from ten classes. */
function batch(step) {
  const images = new Uint8Array(BATCH * SIZE * SIZE * 3);
  let state = step + 1;
  for (let i = 0; i < images.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    images[i] = state >>> 24;
  }
  return { images, labels: Array.from({ length: BATCH }, (_, i) => [(i * 7 + step) % 10]) };
}

/** Our training step: STEPS of them, milliseconds by the clock of the caller. */
async function ours(engine, workers, say) {
  const { learner } = await openLearner({
    choice: engine,
    workers,
    ortModule: ORT,
    learner: { graph: graph(), optimiser: { kind: 'sgd', momentum: 0.9 } },
  });
  say(`${engine}: ${learner.device}, ${workers} worker${workers > 1 ? 's' : ''}`);
  const { tf } = await loadTf();
  let step = 0;
  const once = async () => {
    for (let i = 0; i < STEPS; i++, step++) {
      const { images, labels } = batch(step);
      const similar = similarity(labels);
      await learner.step({ images, n: BATCH, step, seed: 1, learningRate: 1e-3 }, (z, n) =>
        dqnLoss(tf, { z, n, similar, pairwise: { dissimilarTarget: -1, similarWeight: 1 } }),
      );
    }
  };
  return { once, close: () => learner.close() };
}

/** PyTorch in a process of its own; undefined where Python has no torch. */
async function torch(threads, say) {
  const python = process.env.DQN_PYTHON || 'python3';
  if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status !== 0) {
    say(`No PyTorch: ${python} has no module torch (set DQN_PYTHON to one that has). Its rows stay without a peer.`);
    return undefined;
  }
  const script = fileURLToPath(new URL('./peer_torch.py', import.meta.url));
  const args = [script, BATCH, DIMENSIONS, SIZE, threads, ...CHANNELS].map(String);
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const version = (await lines.next()).value;
  say(`PyTorch ${version}, ${threads} thread${threads > 1 ? 's' : ''}`);
  const once = async () => {
    child.stdin.write(`${STEPS}\n`);
    return Number((await lines.next()).value);
  };
  return { name: `PyTorch ${version}`, once, close: () => child.kill() };
}

export async function rows(say) {
  // One TF.js a thread: this one computes every engine's loss.
  await loadTf('best');
  const gflop = (flopsAPicture() * BATCH * STEPS) / 1e9;
  const rate = (times) => gflop / (median(times) / 1e3);
  const result = [];
  const row = (name, mine, peer, theirs, unit, ratio) =>
    result.push({ case: name, ours: mine, peer, theirs, unit, ratio });

  const [one, two] = [await ours('onnxruntime', 1, say), await ours('onnxruntime', 2, say)];
  const peers = { one: await torch(1, say), two: await torch(2, say) };
  const contestants = {
    one: one.once,
    ...(peers.one && { torchOne: peers.one.once }),
    two: two.once,
    ...(peers.two && { torchTwo: peers.two.once }),
  };
  const times = await interleave(contestants, ROUNDS);
  const against = (mine, theirs) => (theirs ? speedup(mine, theirs) : null);
  const peer = peers.one?.name ?? null;
  const theirs = (t) => (t ? rate(t) : null);
  row(
    'onnxruntime, one worker',
    rate(times.one),
    peer,
    theirs(times.torchOne),
    'GFLOP/s',
    against(times.one, times.torchOne),
  );
  row(
    'onnxruntime, two workers',
    rate(times.two),
    peer,
    theirs(times.torchTwo),
    'GFLOP/s',
    against(times.two, times.torchTwo),
  );
  row(
    'two workers against one',
    rate(times.two),
    'one worker',
    rate(times.one),
    'GFLOP/s',
    speedup(times.two, times.one),
  );
  const epoch = (t) => ((median(t) / STEPS / BATCH) * CIFAR_TRAIN) / 1e3;
  row(
    'one epoch of CIFAR-10, 50,000 pictures, two workers',
    epoch(times.two),
    peer,
    times.torchTwo ? epoch(times.torchTwo) : null,
    's',
    against(times.two, times.torchTwo),
  );
  for (const each of [one, two, peers.one, peers.two]) await each?.close();

  const { tf, backend, passedOver } = await loadTf('best');
  if (backend !== 'tensorflow') {
    say(`No engine tensorflow: ${passedOver.join('; ')}. Bring its library with \`npm run native\`.`);
    row('tensorflow, one process, all threads', null, 'hand-written TF.js loop', null, 'GFLOP/s', null);
    return result;
  }
  const engine = await ours('tensorflow', 1, say);
  const hand = handWrittenStep(tf, { batch: BATCH, size: SIZE, channels: CHANNELS, dimensions: DIMENSIONS });
  const loop = async () => {
    for (let i = 0; i < STEPS; i++) {
      const { images, labels } = batch(i);
      await hand.step(images, similarity(labels));
    }
  };
  const tfTimes = await interleave({ engine: engine.once, hand: loop }, ROUNDS);
  row(
    'tensorflow, one process, all threads',
    rate(tfTimes.engine),
    'hand-written TF.js loop',
    rate(tfTimes.hand),
    'GFLOP/s',
    speedup(tfTimes.engine, tfTimes.hand),
  );
  hand.close();
  await engine.close();
  return result;
}
