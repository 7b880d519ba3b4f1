/** @file What the losses must hold wherever they are computed; each place's test file runs it in a process of its own. */

import { type Codebook, createRandom } from '@dqn/pq';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DqnLoss, DqnLossInput } from '../loss/dqn-loss.ts';
import { type SimilarityMeasure, similarity } from '../loss/similarity.ts';
import { reference, referenceGradients } from './loss-reference.ts';

/** The largest difference, over the largest value of `right` (at least .01: below, float32's noise rules). */
function farthest(ours: Float32Array, right: Float64Array): number {
  const scale = right.reduce((most, x) => Math.max(most, Math.abs(x)), 0.01);
  return right.reduce((most, x, i) => Math.max(most, Math.abs(x - ours[i])), 0) / scale;
}

/** A random D × D rotation, by Gram–Schmidt. */
function rotation(D: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const rows: number[][] = [];
  for (let i = 0; i < D; i++) {
    const row = Array.from({ length: D }, () => random.normal());
    for (const other of rows) {
      const along = other.reduce((sum, x, d) => sum + x * row[d], 0);
      other.forEach((x, d) => {
        row[d] -= along * x;
      });
    }
    const length = Math.hypot(...row);
    rows.push(row.map((x) => x / length));
  }
  return Float32Array.from(rows.flat());
}

interface Case {
  seed: number;
  n: number;
  M: number;
  d: number;
  K: number;
  classes: number;
  form: 'cosine' | 'inner-product' | 'logistic';
  dissimilarTarget: number;
  similarWeight: number;
  quantized: boolean;
  lambda: number;
  beta: number;
  unitLength: boolean;
  rotated: boolean;
  /** α; with unit length alone. */
  asymmetric: number;
  similarity: SimilarityMeasure;
}

function inputOf(o: Case): DqnLossInput {
  const random = createRandom(o.seed);
  const D = o.M * o.d;
  const codebook: Codebook = {
    M: o.M,
    K: o.K,
    D,
    codewords: Float32Array.from({ length: o.K * D }, () => random.normal() / (o.unitLength ? Math.sqrt(D) : 1)),
  };
  return {
    z: Float32Array.from({ length: o.n * D }, () => Math.tanh(random.normal())),
    n: o.n,
    similar: similarity(
      Array.from({ length: o.n }, () => [...new Set([random.integer(o.classes), random.integer(o.classes)])]),
      o.similarity,
    ),
    pairwise: { form: o.form, dissimilarTarget: o.dissimilarTarget, similarWeight: o.similarWeight },
    ...(o.quantized && {
      quantization: {
        codebook,
        lambda: o.lambda,
        beta: o.beta,
        unitLength: o.unitLength,
        ...(o.unitLength && { asymmetric: o.asymmetric }),
        ...(o.rotated && { rotation: rotation(D, o.seed) }),
      },
    }),
  };
}

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 0, max: 1e9 }),
  n: fc.integer({ min: 1, max: 7 }),
  M: fc.integer({ min: 1, max: 3 }),
  d: fc.integer({ min: 2, max: 4 }),
  K: fc.constantFrom(2, 4, 8),
  classes: fc.integer({ min: 1, max: 6 }),
  form: fc.constantFrom('cosine', 'inner-product', 'logistic'),
  dissimilarTarget: fc.constantFrom(-1, 0),
  similarWeight: fc.constantFrom(1, 2, 5.5),
  quantized: fc.boolean(),
  lambda: fc.constantFrom(0, 1e-4, 0.3, 1),
  beta: fc.constantFrom(0, 0.3),
  unitLength: fc.boolean(),
  rotated: fc.boolean(),
  asymmetric: fc.constantFrom(0, 0.5, 1),
  similarity: fc.constantFrom('shared', 'graded'),
});

/** The losses of one place: computes one, and counts what is left behind where that can be counted. */
export interface LossPlace {
  readonly loss: (input: DqnLossInput) => DqnLoss | Promise<DqnLoss>;
  readonly left?: () => number;
}

/** The tests themselves, within a describe. */
export function lossSuite(open: () => Promise<LossPlace>): void {
  const example: Case = {
    seed: 1,
    n: 6,
    M: 2,
    d: 3,
    K: 4,
    classes: 4,
    form: 'cosine',
    dissimilarTarget: -1,
    similarWeight: 1,
    quantized: true,
    lambda: 0.3,
    beta: 0.3,
    unitLength: true,
    similarity: 'shared',
    rotated: false,
    asymmetric: 0,
  };

  it('equals float64 and its finite differences, in every form, and leaves no tensor behind', async () => {
    const { loss: lossOf, left = () => 0 } = await open();
    await fc.assert(
      fc.asyncProperty(cases, async (o) => {
        const input = inputOf(o);
        const before = left();
        const ours = await lossOf(input);
        expect(left()).toBe(before);
        const codewords = input.quantization && Float64Array.from(input.quantization.codebook.codewords);
        const right = reference(input, Float64Array.from(input.z), codewords);
        expect(ours.loss).toBeCloseTo(right.loss, 4);
        expect(ours.pairwise).toBeCloseTo(right.pairwise, 4);
        expect(ours.quantization).toBeCloseTo(right.quantization, 4);
        const { dz, dCodewords } = referenceGradients(input);
        expect(farthest(ours.dz, dz)).toBeLessThan(2e-4);
        const { beta = 0, asymmetric = 0 } = input.quantization ?? {};
        if (beta + asymmetric > 0) expect(farthest(ours.dCodewords as Float32Array, dCodewords)).toBeLessThan(2e-4);
        else expect(ours.dCodewords).toBeUndefined();
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('gives what a hand works out', async () => {
    const { loss: lossOf } = await open();
    // Two images at a right angle that share no label: wanted −1, found 0, twice of four pairs.
    const z = Float32Array.from([3, 0, 0, 0.5]);
    const pairwise = { dissimilarTarget: -1, similarWeight: 1 };
    const { loss } = await lossOf({ z, n: 2, similar: similarity([[0], [1]]), pairwise });
    expect(loss).toBeCloseTo(0.5, 6);
    const orthogonal = { dissimilarTarget: 0, similarWeight: 2 };
    expect((await lossOf({ z, n: 2, similar: similarity([[0], [1]]), pairwise: orthogonal })).loss).toBeCloseTo(0, 6);
    // Similar: wanted 1, found 0, for the two of four pairs that differ.
    expect((await lossOf({ z, n: 2, similar: similarity([[0], [0]]), pairwise: orthogonal })).loss).toBeCloseTo(0.5, 6);
  });

  it('has a finite gradient at an image whose outputs are all zero', async () => {
    const { loss: lossOf } = await open();
    const input = inputOf(example);
    input.z.fill(0, 0, 6);
    const { loss, dz } = await lossOf(input);
    expect(Number.isFinite(loss)).toBe(true);
    expect(dz.every(Number.isFinite)).toBe(true);
  });

  it('takes a batch of one image', async () => {
    const { loss: lossOf } = await open();
    const { pairwise, dz } = await lossOf({ ...inputOf({ ...example, n: 1, quantized: false }), n: 1 });
    expect(pairwise).toBeCloseTo(0, 6);
    expect(Math.max(...dz.map(Math.abs))).toBeLessThan(1e-6);
  });

  it('stops at NaN with an error that names the step, and leaves no tensor behind', async () => {
    const { loss: lossOf, left = () => 0 } = await open();
    const input = inputOf(example);
    input.z[4] = Number.NaN;
    const before = left();
    await expect(async () => lossOf({ ...input, step: 1234 })).rejects.toThrow(/^Step 1234 has the loss NaN/);
    expect(left()).toBe(before);
  });

  it("refuses sizes that don't fit", async () => {
    const { loss: lossOf } = await open();
    const input = inputOf(example);
    await expect(async () => lossOf({ ...input, n: 5 })).rejects.toThrow(/36 numbers for 5 images/);
    await expect(async () => lossOf({ ...input, similar: new Float32Array(35) })).rejects.toThrow(/expected 6 × 6/);
    const other = inputOf({ ...example, d: 4 }).quantization;
    await expect(async () => lossOf({ ...input, ...(other && { quantization: other }) })).rejects.toThrow(
      /8 dimensions, but z has 6/,
    );
  });

  it('takes the same loss down when the outputs follow its gradient', async () => {
    const { loss: lossOf } = await open();
    const input = inputOf({ ...example, n: 7, lambda: 0.1 });
    const first = (await lossOf(input)).loss;
    for (let step = 0; step < 40; step++) {
      const { dz } = await lossOf(input);
      for (let i = 0; i < dz.length; i++) input.z[i] -= 0.2 * dz[i];
    }
    expect((await lossOf(input)).loss).toBeLessThan(first * 0.8);
  });
}
