/**
 * @file The network behind a frozen trunk: features, maybe their roots → standardised → dropout → a hidden layer →
 * dropout → bottleneck.
 */

import { type Graph, GraphBuilder } from '@dqn/onnx';
import type { ViewedFeatures } from './source.ts';
import { featureWidth } from './source.ts';

/** A head's widths. */
export interface HeadSpec {
  readonly kind: 'head';
  /** D of the bottleneck. */
  readonly dimensions: number;
  /** Units of the hidden layer with ReLU; 0: none. */
  readonly hidden: number;
  /**
   * True: the square roots of features are taken where none of them is negative (pooled ReLUs), which are spread more
   * evenly (power normalisation: Perronnin, Sánchez, Mensink, ECCV 2010). The slope of a root at 0 is infinite: for
   * trunks that stay frozen.
   */
  readonly root?: boolean;
  /** Share of the features, and of the hidden units, that dropout takes, [0, 1). */
  readonly dropout: number;
  /** What bounds the bottleneck's outputs: `tanh` as in the paper, or `none`. */
  readonly activation: 'tanh' | 'none';
}

/** Mean and deviation of each feature. */
export interface FeatureStatistics {
  /** [F] */
  readonly mean: Float32Array;
  /** [F], above 0. */
  readonly deviation: Float32Array;
}

/** Feature statistics over all views of all images, in float64 sums. A feature that never changes has deviation 1. */
export function featureStatistics(features: ViewedFeatures): FeatureStatistics {
  const { values } = features;
  const F = featureWidth(features);
  const rows = values.length / F;
  const sum = new Float64Array(F);
  const square = new Float64Array(F);
  for (let at = 0; at < values.length; at += F) {
    for (let f = 0; f < F; f++) {
      const value = values[at + f];
      sum[f] += value;
      square[f] += value * value;
    }
  }
  const mean = Float32Array.from(sum, (total) => total / rows);
  const deviation = Float32Array.from(square, (total, f) => {
    const variance = total / rows - (sum[f] / rows) ** 2;
    // Below this the feature is the same for all but rounding: blown up, it would be noise.
    return variance > 1e-12 * (total / rows) ? Math.sqrt(variance) : 1;
  });
  return { mean, deviation };
}

/** Their square roots, or undefined where one is negative. */
function rootsOf({ values, ...rest }: ViewedFeatures): ViewedFeatures | undefined {
  return values.some((value) => value < 0) ? undefined : { ...rest, values: values.map(Math.sqrt) };
}

/**
 * A head on features like these: `features` float32 [N, F] → `z` float32 [N, D]. Its parameters are `fc.weight`,
 * `fc.bias`, `fcb.weight` and `fcb.bias`; the features' statistics are constants of the graph.
 */
export function buildHead(spec: HeadSpec, features: ViewedFeatures, seed: number): Graph {
  const { dimensions, hidden, dropout, activation } = spec;
  const roots = spec.root ? rootsOf(features) : undefined;
  const statistics = featureStatistics(roots ?? features);
  const F = statistics.mean.length;
  const b = new GraphBuilder('network', { seed });
  let x = b.input('features', 'float32', ['N', F]);
  if (roots) x = b.node('Sqrt', [x], {}, { name: 'features.root' });
  const row = (data: Float32Array) => ({ type: 'float32' as const, dims: [1, F], data });
  const mean = b.constant('features.mean', row(statistics.mean));
  const scale = b.constant('features.scale', row(statistics.deviation.map((value) => 1 / value)));
  x = b.node('Sub', [x, mean], {}, { name: 'features.centred' });
  x = b.node('Mul', [x, scale], {}, { name: 'features.standardised' });
  x = b.dropout(x, { ratio: dropout, name: 'features.dropout' });
  if (hidden > 0) {
    x = b.relu(b.gemm(x, { name: 'fc', size: hidden }), 'fc.relu');
    x = b.dropout(x, { ratio: dropout, name: 'fc.dropout' });
  }
  if (activation === 'tanh') b.bottleneck(x, { dimensions });
  else b.output(b.gemm(x, { name: 'fcb', size: dimensions, initial: 'lecun' }), 'z');
  return b.build();
}
