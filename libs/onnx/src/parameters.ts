/** @file Which initializers are trained. */
import { CONSTANT_PREFIX } from './builder.ts';
import { activeTensors } from './differentiate/activity.ts';
import type { Graph } from './graph.ts';

/**
 * The names of the float32 initializers that learn, in the graph's order: those that reach the first output by
 * something differentiable. Not those called `const.…` (means, scales, ratios), nor what only steers an operation, such
 * as the bounds of Clip, an exponent, or the running statistics of BatchNormalization.
 */
export function trainableParameters(graph: Graph): string[] {
  const candidates = [...graph.initializers]
    .filter(([name, { type }]) => type === 'float32' && !name.startsWith(CONSTANT_PREFIX))
    .map(([name]) => name);
  const active = activeTensors(graph, candidates);
  return candidates.filter((name) => active.has(name));
}
