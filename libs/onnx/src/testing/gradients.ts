/** @file Holds the differentiated graph, run by ONNX Runtime, against differences of the reference in double precision. */
import * as ort from 'onnxruntime-node';
import { differentiate } from '../differentiate/index.ts';
import type { Graph, Tensor, Value } from '../graph.ts';
import { float32, sizeOf, tensor, toNumbers } from '../tensor.ts';
import { writeModel } from '../write.ts';
import { seeded } from './random.ts';
import { evaluateGraph } from './reference.ts';

export const toOrt = (x: Tensor): ort.Tensor => new ort.Tensor(x.type, x.data as Float32Array, [...x.dims]);

export function openSession(graph: Graph): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(writeModel(graph), { intraOpNumThreads: 1, logSeverityLevel: 3 });
}

function randomInput(value: Value, batch: number, next: () => number): Tensor {
  const dims = value.dims.map((dim) => (typeof dim === 'number' ? dim : batch));
  const size = sizeOf(dims);
  return value.type === 'uint8'
    ? tensor(
        'uint8',
        dims,
        Uint8Array.from({ length: size }, () => Math.floor(next() * 256)),
      )
    : float32(
        dims,
        Float32Array.from({ length: size }, () => next() * 2 - 1),
      );
}

/** How a network is run: what is left out is random, from the seed. */
export interface RunOptions {
  seed?: number;
  batch?: number;
  parameters?: string[];
  /** See `DifferentiateOptions.block`. */
  block?: number;
  /** See `DifferentiateOptions.indices`. */
  indices?: boolean;
  /** Values for the graph's inputs; random in [−1, 1) (0–255 for uint8) where left out. */
  inputs?: Record<string, Tensor>;
}

/** Forward and backward once, on ONNX Runtime. */
export async function runGradients(graph: Graph, o: RunOptions = {}) {
  const random = seeded(o.seed ?? 1);
  const next = () => random.next();
  const d = differentiate(graph, {
    ...(o.parameters ? { parameters: o.parameters } : {}),
    ...(o.block ? { block: o.block } : {}),
    ...(o.indices === false ? { indices: false } : {}),
  });
  const feeds = new Map<string, Tensor>();
  for (const value of graph.inputs) {
    feeds.set(value.name, o.inputs?.[value.name] ?? randomInput(value, o.batch ?? 2, next));
  }
  for (const name of d.parameters) feeds.set(name, graph.initializers.get(name)!);
  for (const mask of d.masks) {
    const dims = mask.dims.map((dim) => (typeof dim === 'number' ? dim : (o.batch ?? 2)));
    const keep = 1 / (1 - mask.ratio);
    const values = Float32Array.from({ length: sizeOf(dims) }, () => (next() < mask.ratio ? 0 : keep));
    feeds.set(mask.name, float32(dims, values));
  }
  const forward = await openSession(d.forward);
  const backward = await openSession(d.backward);
  const given = forward.inputNames.filter((name) => feeds.has(name));
  const outputs = await forward.run(Object.fromEntries(given.map((name) => [name, toOrt(feeds.get(name)!)])));
  const z = outputs[graph.outputs[0]!.name]!;
  const dz = float32(
    z.dims,
    Float32Array.from({ length: z.size }, () => next() * 2 - 1),
  );
  const read = (name: string) => (name === d.outputGradient ? toOrt(dz) : (outputs[name] ?? toOrt(feeds.get(name)!)));
  const made = await backward.run(Object.fromEntries(backward.inputNames.map((name) => [name, read(name)])));
  await forward.release();
  await backward.release();
  const gradients = new Map(d.parameters.map((name) => [name, made[d.gradient(name)]!]));
  return { d, feeds, z: z.data as Float32Array, dz: dz.data as Float32Array, gradients, next };
}

/** What the comparison found; differences are relative to the largest element of each gradient. */
export interface Agreement {
  /** Of the output, between ONNX Runtime and the reference. */
  readonly output: number;
  /** Of each parameter's gradient. */
  readonly gradients: Map<string, number>;
}

const scale = (list: ArrayLike<number>) => Array.from(list).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);

/**
 * Runs forward and backward once and compares: the output with the reference's; of every parameter's gradient some
 * elements with central differences of the reference.
 *
 * @param o.elements - how many elements of each parameter; default 8
 * @param o.step - of the central difference; default 1e-5
 */
export async function compareGradients(
  graph: Graph,
  o: RunOptions & { elements?: number; step?: number } = {},
): Promise<Agreement> {
  const { d, feeds, z, dz, gradients: found, next } = await runGradients(graph, o);
  const outputName = graph.outputs[0]!.name;

  // In the reference the masked products stand where Dropout stood; pools give one output only.
  const plain: Graph = {
    ...d.forward,
    nodes: d.forward.nodes.map((node) => (node.op === 'MaxPool' ? { ...node, outputs: [node.outputs[0]!] } : node)),
  };
  const reference = (changed: ReadonlyMap<string, Tensor>) =>
    toNumbers(evaluateGraph(plain, new Map([...feeds, ...changed])).get(outputName)!);
  const objective = (changed: ReadonlyMap<string, Tensor>) =>
    reference(changed).reduce((total, value, i) => total + value * dz[i]!, 0);

  const exact = reference(new Map());
  let output = 0;
  exact.forEach((value, i) => {
    output = Math.max(output, Math.abs(value - z[i]!) / scale(exact));
  });
  const gradients = new Map<string, number>();
  const h = o.step ?? 1e-5;
  for (const name of d.parameters) {
    const gradient = found.get(name)!;
    const at = toNumbers(feeds.get(name)!);
    const dims = feeds.get(name)!.dims;
    if (gradient.dims.join() !== dims.join())
      throw new Error(`${name}: gradient [${gradient.dims}] of a parameter [${dims}]`);
    const most = scale(gradient.data as Float32Array);
    let worst = 0;
    for (let k = 0; k < Math.min(o.elements ?? 8, at.length); k++) {
      const i = at.length <= (o.elements ?? 8) ? k : Math.floor(next() * at.length);
      const moved = (by: number) => {
        const copy = Float64Array.from(at);
        copy[i]! += by;
        return objective(new Map([[name, tensor('float64', dims, copy)]]));
      };
      const slope = (moved(h) - moved(-h)) / (2 * h);
      worst = Math.max(worst, Math.abs(slope - (gradient.data[i] as number)) / most);
    }
    gradients.set(name, worst);
  }
  return { output, gradients };
}

/** The largest difference between two ways of running the same network, relative to each tensor's largest element. */
export async function differenceOf(graph: Graph, a: RunOptions, b: RunOptions): Promise<number> {
  const [one, other] = [await runGradients(graph, a), await runGradients(graph, b)];
  const apart = (x: Float32Array, y: Float32Array) =>
    x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0) / scale(x);
  const gradients = one.d.parameters.map((name) =>
    apart(one.gradients.get(name)!.data as Float32Array, other.gradients.get(name)!.data as Float32Array),
  );
  return Math.max(apart(one.z, other.z), ...gradients);
}

/** The largest difference of all. */
export function worstOf(agreement: Agreement): number {
  return Math.max(agreement.output, ...agreement.gradients.values());
}
