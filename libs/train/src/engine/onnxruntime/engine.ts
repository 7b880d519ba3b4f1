/** @file The onnxruntime engine by itself, on the calling thread: what is compared with the other engine. */
import type { Graph } from '@dqn/onnx';
import { TrainError } from '../../errors.ts';
import type { Engine, Forward, ForwardOptions, NetworkInput, Parameter } from '../engine.ts';
import { findBlock } from './block.ts';
import { deviceName } from './device.ts';
import { inferenceModel, networkProgram } from './network.ts';
import { loadOrt, type OrtTensor, providerOf } from './ort.ts';
import { NetworkRunner } from './runner.ts';

/** What forward keeps. Only the last one is valid: the memory is reused. */
type Kept = Readonly<Record<string, OrtTensor>>;

class OnnxEngine implements Engine<Kept> {
  readonly name = 'onnxruntime';
  readonly device: string;
  readonly dimensions: number;
  readonly #graph: Graph;
  readonly #runner: NetworkRunner;
  #inferenceReady = false;

  constructor(graph: Graph, runner: NetworkRunner, device: string) {
    this.#graph = graph;
    this.#runner = runner;
    this.device = device;
    this.dimensions = runner.program.dimensions;
  }

  async parameters(): Promise<Map<string, Parameter>> {
    return new Map(
      this.#runner.program.parameters.map(({ name, dims }) => [
        name,
        { dims: [...dims], data: Float32Array.from(this.#runner.weights.get(name)!) },
      ]),
    );
  }

  async setParameters(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, data] of values) {
      const weights = this.#runner.weights.get(name);
      if (weights?.length !== data.length) {
        throw new TrainError(
          'BAD_OPTION',
          `"${name}" with ${data.length} elements ${weights ? `should have ${weights.length}` : 'is no parameter of this network'}`,
        );
      }
    }
    for (const [name, data] of values) this.#runner.weights.get(name)!.set(data);
    this.#inferenceReady = false;
  }

  async forward(images: NetworkInput, n: number, options: ForwardOptions): Promise<Forward<Kept>> {
    const { z, kept } = await this.#runner.forward(images, n, options);
    return { z: Float32Array.from(z), kept };
  }

  async backward(kept: Kept, dz: Float32Array): Promise<Map<string, Float32Array>> {
    return new Map(await this.#runner.backward(kept, dz));
  }

  release(): void {
    // The memory belongs to the runner and is written again by the next forward pass.
  }

  async embed(images: NetworkInput, n: number): Promise<Float32Array> {
    if (!this.#inferenceReady) {
      await this.#runner.setInference(inferenceModel(this.#graph, this.#runner.weights));
      this.#inferenceReady = true;
    }
    return Float32Array.from(await this.#runner.embed(images, n));
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens the engine on this thread; a call blocks it while the runtime computes.
 *
 * @param o.ortModule - URL or specifier of a module that exports `createSession` and `Tensor`
 *
 * Throws TrainError OP_NOT_TRAINED, BAD_OPTION, ENGINE_UNAVAILABLE where the runtime doesn't load.
 */
export async function createOnnxEngine(o: {
  readonly graph: Graph;
  readonly parameters?: readonly string[];
  readonly ortModule: string;
  /** Keeps to plain ONNX operations: see `findBlock`. */
  readonly plain?: boolean;
}): Promise<Engine<Kept>> {
  const ort = await loadOrt(o.ortModule);
  const provider = providerOf(ort);
  const block = o.plain || provider !== 'cpu' ? undefined : await findBlock(ort);
  const program = networkProgram(o.graph, { parameters: o.parameters, block, indices: provider !== 'webgpu' });
  const runner = await NetworkRunner.open(program, ort);
  for (const { name } of program.parameters) {
    runner.weights.get(name)!.set(o.graph.initializers.get(name)!.data as Float32Array);
  }
  return new OnnxEngine(o.graph, runner, deviceName(provider, 1));
}
