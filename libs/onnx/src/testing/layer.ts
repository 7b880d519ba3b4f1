/** @file A network around one layer, so that the gradients at its input and at its parameters can be measured. */
import { GraphBuilder } from '../builder.ts';
import type { Graph } from '../graph.ts';
import { float32, sizeOf } from '../tensor.ts';
import { seeded } from './random.ts';

/** Builds a layer on `x` and gives its output. */
export type Layer = (b: GraphBuilder, x: string) => string;

/**
 * `data` [N, …dims] (batch varies) + parameter `shift` [1, …dims] → layer → output `z`, flattened to [N, D].
 * The gradient at `shift` is that at the layer's input, summed over the batch.
 *
 * @param range - where `shift` lies: data is in [−1, 1), so [1.5, 2] keeps the sum above ½, as roots and logs need
 */
export function layerGraph(
  dims: readonly number[],
  layer: Layer,
  o: { range?: [number, number]; flatten?: boolean } = {},
): Graph {
  const b = new GraphBuilder('layer', { seed: 3 });
  const [low, high] = o.range ?? [-1, 1];
  const random = seeded(7);
  const data = b.input('data', 'float32', ['N', ...dims]);
  const values = Float32Array.from({ length: sizeOf(dims) }, () => low + (high - low) * random.next());
  const shift = b.parameter('shift', float32([1, ...dims], values));
  const y = layer(b, b.node('Add', [data, shift], {}, { name: 'x' }));
  b.output(o.flatten === false ? y : b.flatten(y), 'z');
  return b.build();
}

/** A parameter with values in [low, high). */
export function parameter(b: GraphBuilder, name: string, dims: readonly number[], low = -1, high = 1): string {
  const random = seeded(name.length * 31 + sizeOf(dims));
  return b.parameter(
    name,
    float32(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => low + (high - low) * random.next()),
    ),
  );
}
