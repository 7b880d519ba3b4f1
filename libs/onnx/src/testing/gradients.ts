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

/** What the comparison found; differences are relative to the largest element of each gradient. */
export interface Agreement {
  /** Of the output, between ONNX Runtime and the reference. */
  readonly output: number;
  /** Of each parameter's gradient. */
  readonly gradients: Map<string, number>;
}

/**
 * Runs forward and backward once and compares: the output with the reference's; of every parameter's gradient some
 * elements with central differences of the reference.
 *
 * @param o.elements - how many elements of each parameter; default 8
 * @param o.inputs - values for the graph's inputs; random in [−1, 1) (0–255 for uint8) where left out
 */
export async function compareGradients(
  graph: Graph,
  o: {
    seed?: number;
    batch?: number;
    elements?: number;
    parameters?: string[];
    inputs?: Record<string, Tensor>;
    /** Step of the central difference. Default 1e-5. */
    step?: number;
  } = {},
): Promise<Agreement> {
  const random = seeded(o.seed ?? 1);
  const next = () => random.next();
  const d = differentiate(graph, o.parameters ? { parameters: o.parameters } : {});
  const feeds = new Map<string, Tensor>();
  for (const value of graph.inputs) {
    feeds.set(value.name, o.inputs?.[value.name] ?? randomInput(value, o.batch ?? 2, next));
  }
  for (const name of d.parameters) feeds.set(name, graph.initializers.get(name)!);
  for (const mask of d.masks) {
    const dims = mask.dims.map((dim) => (typeof dim === 'number' ? dim : (o.batch ?? 2)));
    const keep = 1 / (1 - mask.ratio);
    feeds.set(
      mask.name,
      float32(
        dims,
        Float32Array.from({ length: sizeOf(dims) }, () => (next() < mask.ratio ? 0 : keep)),
      ),
    );
  }
  const forward = await openSession(d.forward);
  const backward = await openSession(d.backward);
  const of = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, toOrt(feeds.get(name)!)]));
  const outputs = await forward.run(of(forward.inputNames.filter((name) => feeds.has(name))));
  const outputName = graph.outputs[0]!.name;
  const z = outputs[outputName]!;
  const dz = float32(
    z.dims,
    Float32Array.from({ length: z.size }, () => next() * 2 - 1),
  );
  const grads = await backward.run(
    Object.fromEntries(
      backward.inputNames.map((name) => [
        name,
        name === d.outputGradient ? toOrt(dz) : (outputs[name] ?? toOrt(feeds.get(name)!)),
      ]),
    ),
  );

  // In the reference the masked products stand where Dropout stood; pools give one output only.
  const plain: Graph = {
    ...d.forward,
    nodes: d.forward.nodes.map((node) => (node.op === 'MaxPool' ? { ...node, outputs: [node.outputs[0]!] } : node)),
  };
  const reference = (changed: ReadonlyMap<string, Tensor>) =>
    toNumbers(evaluateGraph(plain, new Map([...feeds, ...changed])).get(outputName)!);
  const objective = (changed: ReadonlyMap<string, Tensor>) =>
    reference(changed).reduce((total, value, i) => total + value * (dz.data[i] as number), 0);

  const scale = (list: ArrayLike<number>) => Array.from(list).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
  const exact = reference(new Map());
  let output = 0;
  exact.forEach((value, i) => {
    output = Math.max(output, Math.abs(value - (z.data[i] as number)) / scale(exact));
  });
  const gradients = new Map<string, number>();
  const h = o.step ?? 1e-5;
  for (const name of d.parameters) {
    const found = grads[d.gradient(name)]!;
    const at = toNumbers(feeds.get(name)!);
    const dims = feeds.get(name)!.dims;
    if (found.dims.join() !== dims.join())
      throw new Error(`${name}: gradient [${found.dims}] of a parameter [${dims}]`);
    const most = scale(found.data as Float32Array);
    let worst = 0;
    for (let k = 0; k < Math.min(o.elements ?? 8, at.length); k++) {
      const i = at.length <= (o.elements ?? 8) ? k : Math.floor(next() * at.length);
      const moved = (by: number) => {
        const copy = Float64Array.from(at);
        copy[i]! += by;
        return objective(new Map([[name, tensor('float64', dims, copy)]]));
      };
      const slope = (moved(h) - moved(-h)) / (2 * h);
      worst = Math.max(worst, Math.abs(slope - (found.data[i] as number)) / most);
    }
    gradients.set(name, worst);
  }
  await forward.release();
  await backward.release();
  return { output, gradients };
}

/** The largest difference of all. */
export function worstOf(agreement: Agreement): number {
  return Math.max(agreement.output, ...agreement.gradients.values());
}
