/** @file The graph that is served: a trained network with its weights, as model.onnx. */
import { checkGraph } from '../check.ts';
import { renameTensors, tensorNames } from '../cut.ts';
import { OnnxError } from '../errors.ts';
import { fold } from '../fold.ts';
import type { Graph, Node, Tensor } from '../graph.ts';
import { float32 } from '../tensor.ts';

/** What {@link embeddingModel} puts behind the network. */
export interface EmbeddingOptions {
  /** Whether the embedding is divided by its length (0 stays 0). */
  readonly unitLength: boolean;
  /** R, [D, D] row-major, orthonormal: the embedding becomes z R. None if left out. */
  readonly rotation?: Float32Array;
  /** Trained values by initializer name; those not named keep their own. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** metadata_props, added to the graph's own. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const EMBEDDING = 'embedding';

function withWeights(graph: Graph, weights: ReadonlyMap<string, Tensor>): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, value] of weights) {
    const before = initializers.get(name);
    if (!before) throw new OnnxError('UNKNOWN_TENSOR', `the graph "${graph.name}" has no weights "${name}" to replace`);
    if (before.type !== value.type || before.dims.join() !== value.dims.join()) {
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `weights "${name}" are ${before.type} [${before.dims}] in the graph, but ${value.type} [${value.dims}] were given`,
      );
    }
    initializers.set(name, value);
  }
  return { ...graph, initializers };
}

function checkFinite(graph: Graph): void {
  for (const [name, { data }] of graph.initializers) {
    if (!(data instanceof Float32Array)) continue;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      throw new OnnxError(
        'NOT_FINITE',
        `weight ${at} of "${name}" is ${data[at]}: the training diverged; go back to an earlier checkpoint or lower the learning rate`,
      );
    }
  }
}

/**
 * The model to export: the network with trained weights, Dropout and everything constant folded away, its first
 * output (float32 [N, D]) called `embedding`, of unit length and rotated where that is asked for. The other outputs
 * are dropped.
 *
 * Throws UNKNOWN_TENSOR or SHAPE_MISMATCH where weights don't belong to the graph or the rotation isn't [D, D], and
 * NOT_FINITE where a weight is NaN or infinite.
 */
export function embeddingModel(graph: Graph, o: EmbeddingOptions): Graph {
  const trained = o.weights ? withWeights(graph, o.weights) : graph;
  const z = trained.outputs[0];
  const dimensions = z?.dims[1];
  if (z?.type !== 'float32' || z.dims.length !== 2 || typeof dimensions !== 'number') {
    throw new OnnxError('SHAPE_MISMATCH', `the first output should be float32 [N, D], found ${z?.type} [${z?.dims}]`);
  }
  const names = new Set([...tensorNames(trained), ...trained.nodes.map((node) => node.name)]);
  const free = (name: string) => {
    let candidate = name;
    while (names.has(candidate)) candidate = `${candidate}.inner`;
    names.add(candidate);
    return candidate;
  };
  // A tensor inside that happens to be called so gives the name up.
  const inner = names.has(EMBEDDING) ? free(`${EMBEDDING}.inner`) : EMBEDDING;
  const draft = renameTensors({ ...trained, outputs: [z] }, (name) => (name === EMBEDDING ? inner : name));
  const nodes: Node[] = [];
  const initializers = new Map(draft.initializers);
  const raw = draft.outputs[0]!.name;
  let last = raw;
  const node = (op: string, inputs: string[], attributes: Node['attributes'] = {}) => {
    const name = free(`${EMBEDDING}.${op.toLowerCase()}`);
    nodes.push({ op, name, inputs, outputs: [name], attributes });
    last = name;
    return name;
  };
  if (o.unitLength) {
    const length = node('ReduceL2', [last], { axes: { ints: [1] }, keepdims: { int: 1 } });
    // The length of a zero vector is taken as this, so that it stays zero.
    const epsilon = free('const.embedding.epsilon');
    initializers.set(epsilon, float32([], [1e-12]));
    node('Div', [raw, node('Max', [length, epsilon])]);
  }
  if (o.rotation) {
    if (o.rotation.length !== dimensions * dimensions) {
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `the rotation has ${o.rotation.length} numbers; expected D x D = ${dimensions} x ${dimensions}`,
      );
    }
    const rotation = free('const.embedding.rotation');
    initializers.set(rotation, float32([dimensions, dimensions], o.rotation));
    node('MatMul', [last, rotation]);
  }
  const outputs = [{ name: last, type: 'float32' as const, dims: [z.dims[0]!, dimensions] }];
  const whole: Graph = { ...draft, nodes: [...draft.nodes, ...nodes], initializers, outputs };
  const named = renameTensors(whole, (name) => (name === last ? EMBEDDING : name));
  const model = fold({ ...named, metadata: { ...graph.metadata, ...o.metadata } });
  checkFinite(model);
  checkGraph(model);
  return model;
}
