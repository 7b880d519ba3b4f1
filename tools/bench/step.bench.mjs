/**
 * @file `npm run bench -- step`: one training step of what learns behind a frozen network, against PyTorch on the CPU.
 *
 * Two networks: the head on frozen features (1280 → 512 → 120, batch 256), and MobileNetV2 at 160 px from its last block
 * of 64 channels at 10 × 10 on, with that head (batch 64). A step is forward, the pairwise loss, backward and AdamW on
 * all weights. Ours is engine `onnxruntime` with as many workers as PyTorch has threads, all in turn in one run; beside
 * the clock the CPU that each took, since other programs on the machine lengthen the one and hardly the other.
 *
 * DQN_PYTHON names a Python with torch; where there is none the peer's columns stay empty.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createObjective, openLearner, recipeFor } from '@dqn/train';
import { interleave, median, speedup } from './interleave.mjs';
import { NETWORKS } from './step/networks.mjs';

const STEPS = { head: 10, tail: 2 };
/** Of codebooks, which take no part. */
const SHAPE = { M: 4, K: 256, D: 120 };
const ORT = new URL('../../apps/trainer/dist/ort.js', import.meta.url).href;

const cpuMilliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

/** Steps of the engine `onnxruntime`. */
async function ours(kind, workers) {
  const { graph, batch, width } = NETWORKS[kind];
  const { learner } = await openLearner({
    choice: 'onnxruntime',
    workers,
    ortModule: ORT,
    learner: { graph: graph(), optimiser: { kind: 'adamw', weightDecay: 0.01 } },
  });
  const objective = await createObjective(recipeFor('fast', { size: 160, backbone: true }), SHAPE, 'onnxruntime', ORT);
  const images = Float32Array.from({ length: batch * width }, (_, i) => (Math.imul(i, 2654435761) >>> 0) / 2 ** 32);
  const labels = Array.from({ length: batch }, (_, i) => [i % 10]);
  const cpu = [];
  let step = 0;
  const once = async () => {
    const before = cpuMilliseconds();
    for (let i = 0; i < STEPS[kind]; i++, step++) {
      await learner.step({ images, n: batch, step, seed: 1, learningRate: 1e-3 }, (z, n) =>
        objective.evaluate({ z, n, labels, codebook: undefined }),
      );
    }
    cpu.push(cpuMilliseconds() - before);
  };
  return { once, cpu, close: () => learner.close() };
}

/** The same steps in PyTorch, in a process of its own. */
async function torch(kind, threads) {
  const script = fileURLToPath(new URL('./step/peer_step.py', import.meta.url));
  const args = [script, kind, NETWORKS[kind].batch, threads].map(String);
  const child = spawn(python(), args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const version = (await lines.next()).value;
  const cpu = [];
  const once = async () => {
    child.stdin.write(`${STEPS[kind]}\n`);
    const [wall, seconds] = (await lines.next()).value.split(' ').map(Number);
    cpu.push(seconds * 1e3);
    return wall;
  };
  return { name: `PyTorch ${version}`, once, cpu, close: () => child.kill() };
}

const python = () => process.env.DQN_PYTHON || 'python3';

/** Both sides of one network on so many threads, in turn. */
async function rowOf(kind, threads, rounds, peer) {
  const mine = await ours(kind, threads);
  const theirs = peer ? await torch(kind, threads) : undefined;
  const times = await interleave({ ours: mine.once, ...(theirs && { theirs: theirs.once }) }, rounds);
  await mine.close();
  theirs?.close();
  // The first round isn't counted.
  const cpu = (side) => median(side.cpu.slice(1)) / STEPS[kind];
  return {
    case: `${kind === 'head' ? 'head, batch 256' : 'MobileNetV2 from 10 × 10, batch 64'}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
    ours: median(times.ours) / STEPS[kind],
    peer: theirs?.name ?? null,
    theirs: theirs ? median(times.theirs) / STEPS[kind] : null,
    unit: 'ms a step',
    ratio: theirs ? speedup(times.ours, times.theirs) : null,
    cpuOurs: cpu(mine),
    cpuTheirs: theirs ? cpu(theirs) : null,
    cpuRatio: theirs ? cpu(theirs) / cpu(mine) : null,
  };
}

export async function rows(say, { rounds }) {
  const peer = spawnSync(python(), ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
  if (!peer) {
    say(`No PyTorch: ${python()} has no module torch (set DQN_PYTHON to one that has). Its columns stay empty.`);
  }
  const result = [];
  for (const kind of ['head', 'tail']) {
    for (const threads of [1, 2]) {
      result.push(await rowOf(kind, threads, rounds, peer));
      say(`${result.at(-1).case}: done`);
    }
  }
  return result;
}
