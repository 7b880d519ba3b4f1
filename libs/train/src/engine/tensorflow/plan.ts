/**
 * @file What of the graph is run: constants computed beforehand, nodes that only compute shapes left out.
 */

import { fold, type Graph, inferShapes, type Node, OnnxError, SPELLED_OUT, spellOut } from '@dqn/onnx';
import { TrainError } from '../../errors.ts';
import { notTrained } from './operation.ts';
import { operations } from './ops/index.ts';

/** How many inputs of an operation hold numbers that flow; the others say sizes, axes and bounds. All where unlisted. */
const FLOWING: Readonly<Record<string, number>> = {
  Clip: 1,
  Dropout: 1,
  Gather: 1,
  Pad: 1,
  ReduceMean: 1,
  ReduceSum: 1,
  Reshape: 1,
  Slice: 1,
  Squeeze: 1,
  Unsqueeze: 1,
};

/** Keeps Dropout from being folded away. */
const MARKED = 'in training';

/** The inputs through which numbers flow. */
export const flowing = (node: Node): readonly string[] => node.inputs.slice(0, FLOWING[node.op] ?? node.inputs.length);

/** The graph with everything constant computed, its parameters left as they are; what TF.js has no one kernel for in smaller operations. */
export function simplified(graph: Graph, parameters: readonly string[]): Graph {
  const learnt = new Set(parameters);
  const values = parameters.map((name) => ({
    name,
    type: 'float32' as const,
    dims: graph.initializers.get(name)!.dims,
  }));
  const mark = (node: Node): Node => (node.op === 'Dropout' ? { ...node, domain: MARKED } : node);
  const unmark = ({ domain, ...node }: Node): Node => (domain && domain !== MARKED ? { ...node, domain } : node);
  const folded = fold({
    ...graph,
    inputs: [...graph.inputs, ...values],
    initializers: new Map([...graph.initializers].filter(([name]) => !learnt.has(name))),
    nodes: graph.nodes.map(mark),
  });
  const plain = { ...folded, nodes: folded.nodes.map(unmark) };
  const known = new Set([...SPELLED_OUT].filter((op) => !operations.has(op)));
  if (!plain.nodes.some(({ op }) => known.has(op))) return plain;
  const [picture] = graph.inputs;
  return spellOut(plain, {
    operations: known,
    shapes: shapesOf(plain, { [picture.name]: [1, ...picture.dims.slice(1).map(Number)] }),
  });
}

/** @throws TrainError OP_NOT_TRAINED */
export function shapesOf(graph: Graph, inputDims: Readonly<Record<string, readonly number[]>>): Map<string, number[]> {
  try {
    return inferShapes(graph, inputDims);
  } catch (error) {
    if (!(error instanceof OnnxError)) throw error;
    throw new TrainError('OP_NOT_TRAINED', error.message, { cause: error });
  }
}

/** The nodes whose numbers reach the output, in order; each known to this engine. */
export function neededNodes({ nodes, outputs }: Graph): Node[] {
  const wanted = new Set([outputs[0].name]);
  const needed: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    if (node.domain || !operations.has(node.op)) {
      const op = node.domain ? `${node.domain}.${node.op}` : node.op;
      throw notTrained(node, `it knows no ${op}; it knows ${[...operations.keys()].sort().join(', ')}`);
    }
    if (wanted.has(node.outputs[1] ?? '')) throw notTrained(node, 'its second output is used');
    for (const name of flowing(node)) if (name !== '') wanted.add(name);
    needed.push(node);
  }
  return needed.reverse();
}

/** For each node, the names that nothing behind it reads. The graph's output is read by the caller. */
export function lastUses(nodes: readonly Node[], output: string): string[][] {
  const seen = new Set([output]);
  return [...nodes]
    .reverse()
    .map((node) => {
      const last = [...node.outputs.slice(0, 1), ...flowing(node)].filter((name) => name !== '' && !seen.has(name));
      for (const name of last) seen.add(name);
      return [...new Set(last)];
    })
    .reverse();
}
