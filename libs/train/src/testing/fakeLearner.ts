/**
 * @file A learner without an engine: z = W x + b of the mean colours of four quarters of the image, in plain loops.
 */

import type {
  Batch,
  Learner,
  LearnerOptions,
  LearnerState,
  LossFunction,
  NetworkInput,
  Parameter,
  StepResult,
} from '../engine/engine.ts';
import { slotCount, updateRange } from '../engine/update.ts';

const FEATURES = 12;

/** The mean of each channel in each quarter of an image, about −1 … 1: [n, 12]. */
function features(images: Uint8Array, n: number): Float32Array {
  const side = Math.sqrt(images.length / n / 3);
  const half = side / 2;
  const x = new Float32Array(n * FEATURES);
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const quarter = Number(row >= half) * 2 + Number(column >= half);
        for (let c = 0; c < 3; c++) {
          const value = images[((i * side + row) * side + column) * 3 + c];
          x[i * FEATURES + quarter * 3 + c] += (value / 127.5 - 1) / (half * half);
        }
      }
    }
  }
  return x;
}

/** A linear model behind the {@link Learner} port, deterministic. Its parameters are `fcb.weight` and `fcb.bias`. */
export class FakeLearner implements Learner {
  readonly engine = 'onnxruntime';
  readonly device = 'plain loops';
  readonly workers = 1;
  readonly dimensions: number;
  closed = false;
  readonly #options: LearnerOptions;
  #weights: Map<string, Parameter>;
  #slots: Map<string, Float32Array[]>;
  #updates = 0;

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#weights = new Map(
      ['fcb.weight', 'fcb.bias'].map((name) => {
        const { dims, data } = options.graph.initializers.get(name)!;
        return [name, { dims, data: (data as Float32Array).slice() }];
      }),
    );
    this.dimensions = this.#weights.get('fcb.bias')!.data.length;
    this.#slots = this.#zeros();
  }

  async step(batch: Batch, loss: LossFunction): Promise<StepResult> {
    const D = this.dimensions;
    const x = features(batch.images as Uint8Array, batch.n);
    const z = this.#forward(x, batch.n);
    const result = await loss(z, batch.n);
    const gradients = new Map([
      ['fcb.weight', new Float32Array(D * FEATURES)],
      ['fcb.bias', new Float32Array(D)],
    ]);
    for (let i = 0; i < batch.n; i++) {
      for (let d = 0; d < D; d++) {
        const g = result.dz[i * D + d] * (1 - z[i * D + d] ** 2);
        gradients.get('fcb.bias')![d] += g;
        for (let f = 0; f < FEATURES; f++) gradients.get('fcb.weight')![d * FEATURES + f] += g * x[i * FEATURES + f];
      }
    }
    let square = 0;
    for (const gradient of gradients.values()) for (const g of gradient) square += g * g;
    this.#updates++;
    for (const [name, { data }] of this.#weights) {
      const scale = this.#options.scales?.[name];
      const numbers = {
        learningRate: batch.learningRate * (scale?.learningRate ?? 1),
        weightDecay: (this.#options.optimiser.weightDecay ?? 0) * (scale?.weightDecay ?? 1),
        update: this.#updates,
        gradientScale: 1,
      };
      updateRange(this.#options.optimiser, numbers, data, gradients.get(name)!, this.#slots.get(name)!, 0, data.length);
    }
    return { ...result, z, gradientNorm: Math.sqrt(square) };
  }

  async embed(images: NetworkInput, n: number): Promise<Float32Array> {
    return this.#forward(features(images as Uint8Array, n), n);
  }

  async parameters(): Promise<Map<string, Parameter>> {
    return new Map([...this.#weights].map(([name, { dims, data }]) => [name, { dims, data: data.slice() }]));
  }

  async state(): Promise<LearnerState> {
    return {
      parameters: await this.parameters(),
      slots: new Map([...this.#slots].map(([name, slots]) => [name, slots.map((slot) => slot.slice())])),
      updates: this.#updates,
    };
  }

  async restore(state: Pick<LearnerState, 'parameters'> & Partial<LearnerState>): Promise<void> {
    for (const [name, { data }] of state.parameters) this.#weights.get(name)!.data.set(data);
    this.#slots = this.#zeros();
    for (const [name, slots] of state.slots ?? [])
      this.#slots.set(
        name,
        slots.map((slot) => slot.slice()),
      );
    this.#updates = state.updates ?? 0;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #forward(x: Float32Array, n: number): Float32Array {
    const D = this.dimensions;
    const weight = this.#weights.get('fcb.weight')!.data;
    const bias = this.#weights.get('fcb.bias')!.data;
    const z = new Float32Array(n * D);
    for (let i = 0; i < n; i++) {
      for (let d = 0; d < D; d++) {
        let sum = bias[d];
        for (let f = 0; f < FEATURES; f++) sum += weight[d * FEATURES + f] * x[i * FEATURES + f];
        z[i * D + d] = Math.tanh(sum);
      }
    }
    return z;
  }

  #zeros(): Map<string, Float32Array[]> {
    const slots = slotCount(this.#options.optimiser);
    return new Map(
      [...this.#weights].map(([name, { data }]) => [
        name,
        Array.from({ length: slots }, () => new Float32Array(data.length)),
      ]),
    );
  }
}
