/** @file Which initializers are trained. */
import { CONSTANT_PREFIX } from './builder.ts';
import type { Graph } from './graph.ts';

/** Inputs (by position) that only steer an operation: no gradient goes there. */
const STEERING: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Dropout: [1, 2],
  Reshape: [1],
  Pad: [1, 2, 3],
  BatchNormalization: [3, 4],
  Slice: [1, 2, 3, 4],
  Squeeze: [1],
  Unsqueeze: [1],
  ReduceSum: [1],
  Gather: [1],
  Pow: [1],
  Resize: [1, 2, 3],
};

/**
 * The names of the float32 initializers that learn, in the graph's order: those that reach an output by something
 * differentiable. Not those called `const.…` (means, scales, ratios), nor what only steers an operation, such as the
 * bounds of Clip, an exponent, or the running statistics of BatchNormalization.
 */
export function trainableParameters(graph: Graph): string[] {
  const wanted = new Set(graph.outputs.map((output) => output.name));
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    const steering = Object.hasOwn(STEERING, node.op) ? STEERING[node.op]! : [];
    node.inputs.forEach((input, i) => {
      if (input !== '' && !steering.includes(i)) wanted.add(input);
    });
  }
  return [...graph.initializers]
    .filter(([name, value]) => wanted.has(name) && value.type === 'float32' && !name.startsWith(CONSTANT_PREFIX))
    .map(([name]) => name);
}
