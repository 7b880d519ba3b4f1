/**
 * @file Learnt weights put back into the graph that they belong to.
 */

import type { Graph, Tensor } from '@dqn/onnx';
import type { Parameter } from './engine/engine.ts';
import { TrainError } from './errors.ts';

/**
 * The graph with other values for some initialisers.
 *
 * @throws TrainError BAD_CHECKPOINT: a name that the graph lacks, or another shape
 */
export function withWeights(graph: Graph, weights: ReadonlyMap<string, Parameter>): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, { dims, data }] of weights) {
    const old = graph.initializers.get(name);
    if (old?.type !== 'float32' || old.dims.length !== dims.length || old.dims.some((n, i) => n !== dims[i])) {
      throw new TrainError(
        'BAD_CHECKPOINT',
        `The checkpoint holds "${name}" [${dims.join(', ')}]; the graph has ${old ? `${old.type} [${old.dims.join(', ')}]` : 'nothing of that name'}. Graph and checkpoint are of different runs.`,
      );
    }
    initializers.set(name, { type: 'float32', dims: [...dims], data } satisfies Tensor);
  }
  return { ...graph, initializers };
}
