/** @file The tensorflow engine by itself, on the calling thread: what is compared with the other engine. */

import type { Graph } from '@dqn/onnx';
import type { LoadedTf } from '../../tf.ts';
import type { Engine, Forward, ForwardOptions, NetworkInput, Parameter } from '../engine.ts';
import { type Kept, Network } from './network.ts';

class TensorflowEngine implements Engine<Kept> {
  readonly name = 'tensorflow';
  readonly device: string;
  readonly dimensions: number;
  readonly #network: Network;

  constructor(network: Network, device: string) {
    this.#network = network;
    this.device = device;
    this.dimensions = network.dimensions;
  }

  async parameters(): Promise<Map<string, Parameter>> {
    const network = this.#network;
    return new Map(
      network.parameterNames.map((name) => [
        name,
        { dims: network.parameterDims(name), data: network.parameter(name) },
      ]),
    );
  }

  async setParameters(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, data] of values) this.#network.setParameter(name, data);
  }

  async forward(images: NetworkInput, n: number, options: ForwardOptions): Promise<Forward<Kept>> {
    return this.#network.forward(images, n, options);
  }

  async backward(kept: Kept, dz: Float32Array): Promise<Map<string, Float32Array>> {
    return this.#network.backward(kept, dz);
  }

  release(kept: Kept): void {
    this.#network.release(kept);
  }

  async embed(images: NetworkInput, n: number): Promise<Float32Array> {
    return this.#network.embed(images, n);
  }

  async close(): Promise<void> {
    this.#network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens the engine on this thread; a call blocks it while TensorFlow computes.
 *
 * @param loaded - `loadTf('tensorflow')`
 * @param o.parameters - names of float32 initialisers that learn; default `trainableParameters(graph)`
 * @throws TrainError OP_NOT_TRAINED (names op and node), BAD_OPTION
 */
export function createTensorflowEngine(
  loaded: Pick<LoadedTf, 'tf' | 'device'>,
  o: { readonly graph: Graph; readonly parameters?: readonly string[] },
): Engine<Kept> {
  return new TensorflowEngine(new Network(loaded.tf, o.graph, o.parameters), loaded.device);
}
