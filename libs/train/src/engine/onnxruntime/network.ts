/**
 * @file What a thread needs to run a network with gradients: bytes and plain data, so that it crosses to workers, which
 * then know nothing of graphs.
 */
import {
  type Differentiated,
  type DifferentiateOptions,
  differentiate,
  type Graph,
  inferShapes,
  OnnxError,
  writeModel,
} from '@dqn/onnx';
import { TrainError } from '../../errors.ts';

/** A tensor by name; `dims` without the batch, which is the first axis where `batched`. */
export interface NamedTensor {
  readonly name: string;
  readonly type: 'float32' | 'int64' | 'uint8';
  readonly dims: readonly number[];
  readonly batched: boolean;
}

/** A differentiated network, ready for ONNX Runtime. Cloneable. */
export interface NetworkProgram {
  readonly forward: Uint8Array;
  readonly backward: Uint8Array;
  /** The input, its type, and its dims for one picture. */
  readonly image: string;
  readonly imageType: 'uint8' | 'float32';
  readonly imageDims: readonly number[];
  readonly output: string;
  /** D. */
  readonly dimensions: number;
  readonly outputGradient: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly gradient: string;
  }[];
  readonly kept: readonly NamedTensor[];
  readonly masks: readonly { readonly name: string; readonly ratio: number; readonly dims: readonly number[] }[];
  /** What backward reads. */
  readonly backwardInputs: readonly string[];
}

/** A tensor that isn't one picture's worth in its first axis can't be laid out beforehand. */
function withoutBatch(name: string, dims: readonly (number | string)[]): { dims: number[]; batched: boolean } {
  const [first, ...rest] = dims;
  const batched = first === 'batch';
  const fixed = batched ? rest : dims;
  if (fixed.every((dim): dim is number => typeof dim === 'number')) return { dims: [...fixed], batched };
  throw new TrainError(
    'OP_NOT_TRAINED',
    `the tensor "${name}" has the dimensions [${dims}]; expected the batch as the first axis and no other that varies: reshape it so before it is trained`,
  );
}

function differentiated(graph: Graph, options: DifferentiateOptions): Differentiated {
  try {
    return differentiate(graph, options);
  } catch (error) {
    if (error instanceof OnnxError && (error.code === 'UNSUPPORTED_OP' || error.code === 'NOT_DIFFERENTIABLE')) {
      throw new TrainError('OP_NOT_TRAINED', error.message, { cause: error });
    }
    throw error;
  }
}

/**
 * Differentiates the graph and writes both halves.
 *
 * @param o.parameters - default: all that can learn
 * @param o.block - see `findBlock`; left out: plain ONNX
 * @param o.indices - see `DifferentiateOptions`
 *
 * Throws TrainError OP_NOT_TRAINED (names op and node), BAD_OPTION where the graph isn't one from pictures to vectors.
 */
export function networkProgram(
  graph: Graph,
  o: {
    readonly parameters?: readonly string[] | undefined;
    readonly block?: number | undefined;
    readonly indices?: boolean;
  } = {},
): NetworkProgram {
  const [input, ...others] = graph.inputs;
  const isPixels = input?.type === 'uint8' && input.dims.length === 4;
  const isFeatures = input?.type === 'float32' && input.dims.length >= 2;
  const isFixed = input?.dims.slice(1).every((dim) => typeof dim === 'number');
  if (!(isPixels || isFeatures) || !isFixed || others.length > 0) {
    throw new TrainError(
      'BAD_OPTION',
      `the graph has the inputs ${graph.inputs.map(({ name, type, dims }) => `${name}: ${type} [${dims}]`).join('; ')}; expected one of fixed size but for the batch, uint8 [N, H, W, 3] or float32`,
    );
  }
  const imageDims = input.dims.slice(1).map(Number);
  const { parameters, block, indices = true } = o;
  const d = differentiated(graph, { ...(parameters ? { parameters } : {}), ...(block ? { block } : {}), indices });
  const output = graph.outputs[0]!.name;
  const z = inferShapes(graph, { [input.name]: [1, ...imageDims] }).get(output)!;
  if (z.length !== 2) {
    throw new TrainError('BAD_OPTION', `the graph's output "${output}" is [${z}] for one picture; expected [1, D]`);
  }
  return {
    forward: writeModel(d.forward),
    backward: writeModel(d.backward),
    image: input.name,
    imageType: isPixels ? 'uint8' : 'float32',
    imageDims,
    output,
    dimensions: z[1]!,
    outputGradient: d.outputGradient,
    parameters: d.parameters.map((name) => ({
      name,
      dims: [...graph.initializers.get(name)!.dims],
      gradient: d.gradient(name),
    })),
    kept: d.forward.outputs
      .filter(({ name }) => d.kept.includes(name))
      .map(({ name, type, dims }) => ({ name, type: type as NamedTensor['type'], ...withoutBatch(name, dims) })),
    masks: d.masks.map(({ name, ratio, dims }) => ({ name, ratio, dims: withoutBatch(name, dims).dims })),
    backwardInputs: d.backward.inputs.map(({ name }) => name),
  };
}

/** The network with these weights inside, for inference: [name, values]. */
export function inferenceModel(graph: Graph, weights: ReadonlyMap<string, Float32Array>): Uint8Array {
  const initializers = new Map(graph.initializers);
  for (const [name, data] of weights) initializers.set(name, { ...initializers.get(name)!, data });
  return writeModel({ ...graph, initializers });
}
