/** @file One thread's network: forward and backward on ONNX Runtime, on weights in plain arrays. */
import { dropoutMask } from '../dropout.ts';
import type { ForwardOptions, NetworkInput } from '../engine.ts';
import type { NamedTensor, NetworkProgram } from './network.ts';
import type { OrtModule, OrtSession, OrtTensor } from './ort.ts';

type Tensors = Readonly<Record<string, OrtTensor>>;

/** Runs one network. The tensors that go from forward to backward are written into the same memory step after step. */
export class NetworkRunner {
  readonly program: NetworkProgram;
  /** The weights that the next forward pass uses, by name; write into them between steps. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly #ort: OrtModule;
  readonly #forward: OrtSession;
  readonly #backward: OrtSession;
  #inference: OrtSession | undefined;
  readonly #weightTensors: Tensors;
  readonly #gradientTensors: Tensors;
  readonly #gradients = new Map<string, Float32Array>();
  /** Per batch size. Two live at most: whole batches, and the rest of an epoch. */
  readonly #memory = new Map<number, { outputs: Tensors; masks: Map<string, Float32Array> }>();

  private constructor(program: NetworkProgram, ort: OrtModule, forward: OrtSession, backward: OrtSession) {
    this.program = program;
    this.#ort = ort;
    this.#forward = forward;
    this.#backward = backward;
    const weights = new Map<string, Float32Array>();
    const weightTensors: Record<string, OrtTensor> = {};
    const gradientTensors: Record<string, OrtTensor> = {};
    for (const { name, dims, gradient } of program.parameters) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      weights.set(name, new Float32Array(size));
      weightTensors[name] = new ort.Tensor('float32', weights.get(name)!, dims);
      this.#gradients.set(name, new Float32Array(size));
      gradientTensors[gradient] = new ort.Tensor('float32', this.#gradients.get(name)!, dims);
    }
    this.weights = weights;
    this.#weightTensors = weightTensors;
    this.#gradientTensors = gradientTensors;
  }

  static async open(program: NetworkProgram, ort: OrtModule): Promise<NetworkRunner> {
    const forward = await ort.createSession(program.forward, { threads: 1 });
    try {
      return new NetworkRunner(program, ort, forward, await ort.createSession(program.backward, { threads: 1 }));
    } catch (error) {
      await forward.release();
      throw error;
    }
  }

  /** Training's forward pass: z [n, D] and what `backward` takes. A second call overwrites the first one's tensors. */
  async forward(images: NetworkInput, n: number, o: ForwardOptions): Promise<{ z: Float32Array; kept: Tensors }> {
    const { program } = this;
    const { outputs, masks } = this.#memoryFor(n);
    const feeds: Record<string, OrtTensor> = { ...this.#weightTensors };
    feeds[program.image] = new this.#ort.Tensor(program.imageType, images, [n, ...program.imageDims]);
    for (const { name, ratio, dims } of program.masks) {
      const mask = masks.get(name)!;
      const { seed, step, firstRow = 0 } = o;
      if (o.training) dropoutMask({ name, ratio, seed, step, firstRow, rows: n, width: mask.length / n }, mask);
      else mask.fill(1);
      feeds[name] = new this.#ort.Tensor('float32', mask, [n, ...dims]);
    }
    const made = await this.#forward.run(feeds, outputs);
    return { z: made[program.output]!.data as Float32Array, kept: { ...feeds, ...made } };
  }

  /** The gradients for dz [n, D], by parameter name: views that the next call overwrites. */
  async backward(kept: Tensors, dz: Float32Array): Promise<ReadonlyMap<string, Float32Array>> {
    const { program } = this;
    const feeds: Record<string, OrtTensor> = {};
    for (const name of program.backwardInputs) if (name !== program.outputGradient) feeds[name] = kept[name]!;
    const n = dz.length / program.dimensions;
    if (program.backwardInputs.includes(program.outputGradient)) {
      feeds[program.outputGradient] = new this.#ort.Tensor('float32', dz, [n, program.dimensions]);
    }
    await this.#backward.run(feeds, this.#gradientTensors);
    return this.#gradients;
  }

  /** Takes a network with weights inside for `embed`: the runtime prepares constant weights once, and runs faster. */
  async setInference(model: Uint8Array): Promise<void> {
    await this.#inference?.release();
    this.#inference = undefined;
    this.#inference = await this.#ort.createSession(model, { threads: 1 });
  }

  /** z [n, D] by the network that `setInference` took. */
  async embed(images: NetworkInput, n: number): Promise<Float32Array> {
    const { program } = this;
    const image = new this.#ort.Tensor(program.imageType, images, [n, ...program.imageDims]);
    const made = await this.#inference!.run({ [program.image]: image }, { [program.output]: null });
    return made[program.output]!.data as Float32Array;
  }

  async close(): Promise<void> {
    await this.#forward.release();
    await this.#backward.release();
    await this.#inference?.release();
    this.#memory.clear();
  }

  #memoryFor(n: number): { outputs: Tensors; masks: Map<string, Float32Array> } {
    const found = this.#memory.get(n);
    if (found) return found;
    if (this.#memory.size >= 2) this.#memory.delete(this.#memory.keys().next().value!);
    const outputs: Record<string, OrtTensor> = {};
    const { program } = this;
    const z: NamedTensor = { name: program.output, type: 'float32', dims: [program.dimensions], batched: true };
    for (const { name, type, dims, batched } of [z, ...program.kept]) {
      const shape = batched ? [n, ...dims] : dims;
      const size = shape.reduce((product, dim) => product * dim, 1);
      const data = type === 'int64' ? new BigInt64Array(size) : new Float32Array(size);
      outputs[name] = new this.#ort.Tensor(type, data, shape);
    }
    const masks = new Map(
      program.masks.map(({ name, dims }) => [name, new Float32Array(dims.reduce((a, b) => a * b, n))]),
    );
    const memory = { outputs, masks };
    this.#memory.set(n, memory);
    return memory;
  }
}
