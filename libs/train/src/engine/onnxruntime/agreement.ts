/**
 * @file Whether a GPU computes what the CPU does: a wrong kernel gives no error, only a network that doesn't learn.
 *
 * One step of two random pictures goes through both before anything is learnt. A GPU that multiplies with fewer bits
 * (TF32) differs by a percent at most; a wrong kernel by as much as the gradient itself.
 */
import type { Graph } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { TrainError } from '../../errors.ts';
import { inferenceModel, type NetworkProgram } from './network.ts';
import { type OrtModule, providerOf } from './ort.ts';
import { NetworkRunner } from './runner.ts';

/** ‖a − b‖ / ‖b‖ from which on it is no rounding. */
const MOST_DIFFERENCE = 0.1;

/** Pictures that are tried. */
const PICTURES = 2;

/** Below this share of the largest norm a gradient is rounding itself: a bias before a normalisation. */
const LEAST_NORM = 1e-4;

/** A tensor on which provider and CPU differ by more than rounding. */
export interface Disagreement {
  readonly tensor: string;
  /** ‖provider − CPU‖ / ‖CPU‖. */
  readonly difference: number;
}

const normOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** ‖a − b‖ / ‖b‖, where ‖b‖ counts as at least `floor`; infinite where a isn't finite. */
export function relativeDifference(a: Float32Array, b: Float32Array, floor = 1e-12): number {
  const difference = normOf(a.map((value, i) => value - b[i]!)) / Math.max(floor, normOf(b));
  return Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
}

/** The largest difference among tensors by name. */
export function worstDisagreement(
  theirs: ReadonlyMap<string, Float32Array>,
  right: ReadonlyMap<string, Float32Array>,
): Disagreement {
  const floor = LEAST_NORM * Math.max(1e-12, ...[...right.values()].map(normOf));
  let worst: Disagreement = { tensor: '', difference: 0 };
  for (const [tensor, values] of right) {
    const difference = relativeDifference(theirs.get(tensor)!, values, floor);
    if (difference >= worst.difference) worst = { tensor, difference };
  }
  return worst;
}

/**
 * Runs a frozen graph with one uint8 input on the module's provider and on the CPU.
 *
 * @throws TrainError ENGINE_UNAVAILABLE: they differ by more than rounding
 */
export async function checkAgreement(model: Uint8Array, dims: readonly number[], ort: OrtModule): Promise<void> {
  const random = createRandom(11);
  const images = Uint8Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.integer(256));
  const run = async (provider?: 'cpu') => {
    const session = await ort.createSession(model, { threads: 1, ...(provider && { provider }) });
    const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
    const made = await session.run({ [input]: new ort.Tensor('uint8', images, dims) }, { [output]: null });
    const values = Float32Array.from(made[output]!.data as Float32Array);
    await session.release();
    return values;
  };
  const difference = relativeDifference(await run(), await run('cpu'));
  if (difference > MOST_DIFFERENCE) throw wrong(ort, 'what the frozen part gives', difference);
}

function wrong(ort: OrtModule, what: string, difference: number): TrainError {
  return new TrainError(
    'ENGINE_UNAVAILABLE',
    `ONNX Runtime's provider ${providerOf(ort)} computes this network wrongly: ${what} is off by ${Math.round(difference * 100)} % from the CPU's. Take --provider cpu, or another version of the driver.`,
  );
}

/** z, inference's z, and the gradients of a step on random pictures. */
async function step(graph: Graph, program: NetworkProgram, ort: OrtModule) {
  const runner = await NetworkRunner.open(program, ort);
  try {
    for (const { name } of program.parameters) {
      runner.weights.get(name)!.set(graph.initializers.get(name)!.data as Float32Array);
    }
    const random = createRandom(11);
    const size = program.imageDims.reduce((product, dim) => product * dim, PICTURES);
    const images =
      program.imageType === 'uint8'
        ? Uint8Array.from({ length: size }, () => random.integer(256))
        : Float32Array.from({ length: size }, () => random.next());
    await runner.setInference(inferenceModel(graph, runner.weights));
    const plain = Float32Array.from(await runner.embed(images, PICTURES));
    const { z, kept } = await runner.forward(images, PICTURES, { training: true, seed: 1, step: 0 });
    const outputs = new Map([
      ['z', Float32Array.from(z)],
      ['z of inference', plain],
    ]);
    const dz = Float32Array.from({ length: z.length }, () => random.next() * 2 - 1);
    const gradients = await runner.backward(kept, dz);
    return { outputs, gradients: new Map([...gradients].map(([name, values]) => [name, Float32Array.from(values)])) };
  } finally {
    await runner.close();
  }
}

/**
 * Runs a step on the module's provider and on the CPU.
 *
 * @returns the largest difference found
 * @throws TrainError ENGINE_UNAVAILABLE: the provider can't run the graph, or computes something else
 */
export async function compareWithCpu(graph: Graph, program: NetworkProgram, ort: OrtModule): Promise<Disagreement> {
  const provider = providerOf(ort);
  const cpu: OrtModule = {
    Tensor: ort.Tensor,
    createSession: (bytes, { threads }) => ort.createSession(bytes, { threads, provider: 'cpu' }),
  };
  const right = await step(graph, program, cpu);
  const theirs = await step(graph, program, ort).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TrainError(
      'ENGINE_UNAVAILABLE',
      `ONNX Runtime's provider ${provider} can't train this network: ${why} Take --provider cpu.`,
      { cause },
    );
  });
  const outputs = worstDisagreement(theirs.outputs, right.outputs);
  const gradients = worstDisagreement(theirs.gradients, right.gradients);
  const worst =
    outputs.difference > MOST_DIFFERENCE || outputs.difference >= gradients.difference ? outputs : gradients;
  if (worst.difference <= MOST_DIFFERENCE) return worst;
  const what = worst === outputs ? worst.tensor : `the gradient of "${worst.tensor}"`;
  throw wrong(ort, what, worst.difference);
}
