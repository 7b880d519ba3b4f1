/**
 * @file What the features give without learning, beside a run: product quantization of the features as they are, and of a
 * linear head in closed form. The difference to them is what learning gave.
 *
 * `raw`: PQ of the features. `ridge`: PQ of the class scores of a ridge regression on standardised features, W =
 * (XᵀX + αN·1)⁻¹ XᵀY, brought to unit length like the learnt outputs (without that it loses a lot) and turned by a fixed
 * random rotation so that every subspace sees its share of every class. Both are
 * fitted on the training pictures alone, with the same number of codebooks and codewords as the run.
 */

import { type Codebook, createRandom, learnCodebook } from '@dqn/pq';
import { solvePositive } from './cholesky.ts';
import { checkAborted } from './errors.ts';
import { type FeatureStatistics, featureStatistics } from './head.ts';
import { nearestOrthogonal } from './orthogonal.ts';
import { toUnitLength } from './quantizer.ts';
import { featureWidth, type ViewedFeatures } from './source.ts';
import { loadTf, scoped, type Tf } from './tf.ts';

/** A baseline by name. */
export type BaselineName = 'raw' | 'ridge';

/** One of them, fitted. */
export interface Baseline {
  readonly name: BaselineName;
  readonly codebook: Codebook;
  /** Features [n, F] → vectors [n, D] of the codebook. */
  readonly project: (features: Float32Array, n: number) => Float32Array;
}

/** What baselines are fitted to. */
export interface BaselineOptions {
  readonly features: ViewedFeatures;
  readonly labels: readonly (readonly number[])[];
  /** Of the classes; labels are below. */
  readonly classes: number;
  readonly M: number;
  readonly K: number;
  readonly seed: number;
  /** α: weight of ‖W‖², as a share of the features' variance. Default .1 */
  readonly ridge?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Views of pictures that the regression sees, at most. */
const ROWS = 15_000;

/**
 * Both baselines.
 *
 * @throws PqError TOO_FEW_VECTORS; TrainError ABORTED
 */
export async function fitBaselines(o: BaselineOptions): Promise<Record<BaselineName, Baseline>> {
  const { tf } = await loadTf('portable');
  const F = featureWidth(o.features);
  const plain = o.features.values.subarray(0, o.features.images * F);
  const raw = padding(F, o.M);
  checkAborted(o.signal);
  const ridge = await ridgeHead(tf, o, F);
  checkAborted(o.signal);
  return {
    raw: quantized('raw', o, raw.width, raw.project, plain),
    ridge: quantized('ridge', o, ridge.width, ridge.project, plain),
  };
}

function quantized(
  name: BaselineName,
  { M, K, seed, features }: BaselineOptions,
  D: number,
  project: Baseline['project'],
  plain: Float32Array,
): Baseline {
  const { codebook } = learnCodebook(project(plain, features.images), { M, K, D, seed });
  return { name, codebook, project };
}

/** Zeros behind each vector, until M divides its length. */
function padding(width: number, M: number): { width: number; project: Baseline['project'] } {
  const whole = Math.ceil(width / M) * M;
  return {
    width: whole,
    project: (features, n) => {
      if (whole === width) return features;
      const out = new Float32Array(n * whole);
      for (let i = 0; i < n; i++) out.set(features.subarray(i * width, (i + 1) * width), i * whole);
      return out;
    },
  };
}

async function ridgeHead(
  tf: Tf,
  o: BaselineOptions,
  F: number,
): Promise<{ width: number; project: Baseline['project'] }> {
  const statistics = featureStatistics(o.features);
  const { classes } = o;
  const rows = rowsOf(o.features);
  const gram = new Float64Array(F * F);
  const target = new Float64Array(F * classes);
  const shares = classShares(o.labels, classes);
  const CHUNK = 1000;
  for (let from = 0; from < rows.length; from += CHUNK) {
    checkAborted(o.signal);
    const some = rows.subarray(from, from + CHUNK);
    const x = standardised(o.features.values, some, F, statistics);
    const y = new Float32Array(some.length * classes);
    some.forEach((row, i) => {
      for (let c = 0; c < classes; c++) y[i * classes + c] = -shares[c];
      for (const label of o.labels[row % o.features.images]) y[i * classes + label] += 1;
    });
    scoped(tf, () => {
      const X = tf.tensor2d(x, [some.length, F]);
      const turned = tf.transpose(X) as typeof X;
      add(gram, tf.matMul(turned, X).dataSync());
      add(target, tf.matMul(turned, tf.tensor2d(y, [some.length, classes])).dataSync());
    });
  }
  for (let f = 0; f < F; f++) gram[f * F + f] += (o.ridge ?? 0.1) * rows.length;
  const W = solvePositive(gram, target, F, classes);

  // A random rotation of the scores, padded so that M divides their number.
  const width = Math.ceil(classes / o.M) * o.M;
  const random = createRandom(o.seed).fork('ridge');
  const noise = Float64Array.from({ length: width * width }, () => random.normal());
  const unit = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  const turn = nearestOrthogonal(noise, width, unit);
  const weights = new Float32Array(F * width);
  for (let f = 0; f < F; f++) {
    for (let c = 0; c < classes; c++) {
      const w = W[f * classes + c];
      for (let j = 0; j < width; j++) weights[f * width + j] += w * turn[c * width + j];
    }
  }
  return {
    width,
    project: (features, n) => {
      const out = new Float32Array(n * width);
      for (let from = 0; from < n; from += CHUNK) {
        const some = Uint32Array.from({ length: Math.min(CHUNK, n - from) }, (_, i) => from + i);
        const x = standardised(features, some, F, statistics);
        const z = scoped(tf, () =>
          tf.matMul(tf.tensor2d(x, [some.length, F]), tf.tensor2d(weights, [F, width])).dataSync(),
        );
        out.set(z, from * width);
      }
      return toUnitLength(out, width);
    },
  };
}

/** Rows [views · images] that the regression sees: all, or evenly many of them. */
function rowsOf({ views, images }: ViewedFeatures): Uint32Array {
  const all = views * images;
  const count = Math.min(all, ROWS);
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * all) / count));
}

function standardised(
  values: Float32Array,
  rows: Uint32Array,
  F: number,
  { mean, deviation }: FeatureStatistics,
): Float32Array {
  const x = new Float32Array(rows.length * F);
  rows.forEach((row, i) => {
    for (let f = 0; f < F; f++) x[i * F + f] = (values[row * F + f] - mean[f]) / deviation[f];
  });
  return x;
}

/** The share of the pictures that have each class: the regression's intercept, since features have mean 0. */
function classShares(labels: BaselineOptions['labels'], classes: number): Float64Array {
  const shares = new Float64Array(classes);
  for (const own of labels) for (const label of own) shares[label] += 1 / labels.length;
  return shares;
}

function add(into: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < into.length; i++) into[i] += values[i];
}
