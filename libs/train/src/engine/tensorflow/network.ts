/**
 * @file The graph, read once and run node by node on TF.js: forward onto a tape, backward off it.
 *
 * All shapes of a batch size are inferred when it is first seen. A value is let go behind its last use.
 */

import { type Graph, type Node, type Tensor as OnnxTensor, sizeOf, toFloats, trainableParameters } from '@dqn/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import { TrainError } from '../../errors.ts';
import { scoped, type Tf } from '../../tf.ts';
import { dropoutMask } from '../dropout.ts';
import type { ForwardOptions, NetworkInput } from '../engine.ts';
import { registerKernels } from './kernels.ts';
import { type Call, notTrained } from './operation.ts';
import { operations } from './ops/index.ts';
import { flowing, lastUses, neededNodes, shapesOf, simplified } from './plan.ts';
import { Tape, type Variable } from './tape.ts';
import { plain, type Value } from './value.ts';

/** What a forward pass keeps for the backward pass. */
export interface Kept {
  readonly tape: Tape;
  readonly output: Variable;
}

export class Network {
  readonly dimensions: number;
  /** Of one picture, or of what a trunk made of it. */
  readonly pictureDims: readonly number[];
  /** In the graph's order. */
  readonly parameterNames: readonly string[];
  readonly #tf: Tf;
  readonly #graph: Graph;
  readonly #nodes: readonly Node[];
  /** For each node, the names that nothing behind it reads. */
  readonly #lastUses: readonly (readonly string[])[];
  readonly #constants = new Map<string, Value>();
  readonly #parameters = new Map<string, Value>();
  readonly #cache = new Map<string, Variable>();
  readonly #shapes = new Map<number, ReadonlyMap<string, readonly number[]>>();

  /**
   * @param parameters - names of float32 initialisers; default `trainableParameters(graph)`
   * @throws TrainError OP_NOT_TRAINED: names the node that this engine can't run; BAD_OPTION: no network of pictures
   */
  constructor(tf: Tf, graph: Graph, parameters: readonly string[] = trainableParameters(graph)) {
    this.#tf = tf;
    registerKernels(tf);
    const [picture, ...others] = graph.inputs;
    if (!picture || others.length > 0 || !picture.dims.slice(1).every((dim) => typeof dim === 'number')) {
      const found = graph.inputs.map(({ name, type, dims }) => `${name}: ${type} [${dims}]`).join('; ');
      throw new TrainError(
        'BAD_OPTION',
        `the graph has the inputs ${found}; expected one of fixed size but for the batch`,
      );
    }
    for (const name of parameters) {
      if (graph.initializers.get(name)?.type === 'float32') continue;
      throw new TrainError('BAD_OPTION', `"${name}" is no float32 initialiser of the graph, so it can't learn`);
    }
    this.pictureDims = picture.dims.slice(1).map(Number);
    this.parameterNames = parameters;
    this.#graph = simplified(graph, parameters);
    this.#nodes = neededNodes(this.#graph);
    this.#lastUses = lastUses(this.#nodes, graph.outputs[0].name);
    const z = this.#shapesOf(1).get(graph.outputs[0].name) as readonly number[];
    if (z.length !== 2) {
      throw new TrainError('BAD_OPTION', `the graph's output is [${z}] for one picture; expected [1, D]`);
    }
    this.dimensions = z[1];
    for (const name of parameters) this.setParameter(name, toFloats(graph.initializers.get(name) as OnnxTensor));
  }

  /** A parameter's dimensions. */
  parameterDims(name: string): readonly number[] {
    return (this.#parameters.get(name) as Value).dims;
  }

  /** A copy of a parameter. */
  parameter(name: string): Float32Array {
    return Float32Array.from((this.#parameters.get(name) as Value).variable.tensor.dataSync());
  }

  /** Replaces a parameter; the array is copied. */
  setParameter(name: string, values: Float32Array): void {
    const dims = this.#graph.inputs.find((input) => input.name === name)?.dims as number[] | undefined;
    if (!dims || sizeOf(dims) !== values.length) {
      throw new TrainError(
        'BAD_OPTION',
        `"${name}" with ${values.length} elements ${dims ? `should have ${sizeOf(dims)}` : 'is no parameter of this network'}`,
      );
    }
    const before = this.#parameters.get(name);
    this.#parameters.set(name, plain(Tape.leaf(this.#keep(values.slice(), dims), true)));
    before?.variable.tensor.dispose();
  }

  /** z [n, D] and what `backward` or `release` takes. */
  forward(images: NetworkInput, n: number, options: ForwardOptions): { z: Float32Array; kept: Kept } {
    const tape = new Tape(this.#tf, options.training);
    try {
      const output = this.#run(tape, images, n, options);
      return { z: Float32Array.from(output.tensor.dataSync()), kept: { tape, output } };
    } catch (error) {
      tape.dispose();
      throw error;
    }
  }

  /** The gradient of Σ z · dz for every parameter; `dz` is [n, D]. Uses `kept` up. */
  backward({ tape, output }: Kept, dz: Float32Array): Map<string, Float32Array> {
    const tf = this.#tf;
    return scoped(tf, () => {
      const dy = tf.tensor2d(dz, output.tensor.shape as [number, number]);
      tape.release(output);
      const gradients = tape.backward(output, dy);
      const result = new Map<string, Float32Array>();
      for (const name of this.parameterNames) {
        const { variable } = this.#parameters.get(name) as Value;
        const gradient = gradients.get(variable);
        result.set(name, gradient ? (gradient.dataSync() as Float32Array) : new Float32Array(variable.tensor.size));
      }
      for (const gradient of gradients.values()) gradient.dispose();
      return result;
    });
  }

  /** z [n, D] without dropout; nothing is kept. */
  embed(images: NetworkInput, n: number): Float32Array {
    const { z, kept } = this.forward(images, n, { training: false, seed: 0, step: 0 });
    this.release(kept);
    return z;
  }

  /** Frees what a forward pass kept. */
  release({ tape, output }: Kept): void {
    tape.release(output);
    tape.dispose();
  }

  /** Frees every tensor. */
  close(): void {
    for (const { variable } of [...this.#constants.values(), ...this.#parameters.values()]) variable.tensor.dispose();
    for (const { tensor } of this.#cache.values()) tensor.dispose();
  }

  #keep(values: Float32Array, dims: readonly number[]): Tensor {
    return this.#tf.keep(this.#tf.tensor(values, [...dims], 'float32'));
  }

  #shapesOf(n: number): ReadonlyMap<string, readonly number[]> {
    const known = this.#shapes.get(n);
    if (known) return known;
    // Whole batches and the rest of an epoch: a few sizes at most, but anything may come to embed.
    if (this.#shapes.size >= 8) this.#shapes.clear();
    const shapes = shapesOf(this.#graph, { [this.#graph.inputs[0].name]: [n, ...this.pictureDims] });
    this.#shapes.set(n, shapes);
    return shapes;
  }

  /** A constant of the graph as a tensor, made on first use. */
  #constant(name: string): Value | undefined {
    const made = this.#constants.get(name);
    if (made) return made;
    const tensor = this.#graph.initializers.get(name);
    if (!tensor) return undefined;
    const value = plain(Tape.leaf(this.#keep(toFloats(tensor).slice(), tensor.dims), false));
    this.#constants.set(name, value);
    return value;
  }

  #run(tape: Tape, images: NetworkInput, n: number, options: ForwardOptions): Variable {
    const tf = this.#tf;
    const shapes = this.#shapesOf(n);
    const values = new Map<string, Value>();
    const bind = (name: string, value: Value): void => {
      tape.hold(value.variable);
      values.set(name, value);
      tape.sweep();
    };
    // Integers up to 255 are exact in float32, so the pixels' Cast has nothing left to do.
    const pixels = tf.tensor(Float32Array.from(images), [n, ...this.pictureDims], 'float32');
    bind(this.#graph.inputs[0].name, plain(tape.own(pixels)));
    const find = (name: string): Value | undefined =>
      name === '' ? undefined : (values.get(name) ?? this.#parameters.get(name) ?? this.#constant(name));

    const runNode = (node: Node, i: number): void => {
      const operation = operations.get(node.op);
      const output = node.outputs[0];
      const call: Call = {
        tape,
        node,
        dims: shapes.get(output) as readonly number[],
        inputs: flowing(node).map(find),
        constant: (index, or) => this.#constantOf(node, index, or),
        cached: (key, make) => this.#cached(key, make),
        mask: (ratio) => this.#mask(tape, node, ratio, options, shapes),
      };
      bind(output, (operation as NonNullable<typeof operation>)(call));
      for (const name of this.#lastUses[i]) {
        const value = values.get(name);
        if (value) tape.release(value.variable);
        values.delete(name);
      }
    };
    try {
      this.#nodes.forEach(runNode);
    } catch (error) {
      for (const { variable } of values.values()) tape.release(variable);
      throw error;
    }
    const z = values.get(this.#graph.outputs[0].name) as Value;
    return z.variable;
  }

  #constantOf(node: Node, index: number, or: 'or computed' | undefined): OnnxTensor | undefined {
    const name = node.inputs[index] ?? '';
    if (name === '') return undefined;
    const tensor = this.#graph.initializers.get(name);
    if (!tensor && !or) throw notTrained(node, `its input "${name}" is computed; expected a constant`);
    return tensor;
  }

  #cached(key: string, make: () => Tensor): Variable {
    const found = this.#cache.get(key);
    if (found) return found;
    const made = Tape.leaf(this.#tf.keep(make()), false);
    this.#cache.set(key, made);
    return made;
  }

  #mask(
    tape: Tape,
    node: Node,
    ratio: number,
    { training, seed, step, firstRow = 0 }: ForwardOptions,
    shapes: ReadonlyMap<string, readonly number[]>,
  ): Value | undefined {
    if (!training) return undefined;
    const dims = shapes.get(node.inputs[0]) as readonly number[];
    const [rows] = dims;
    const width = sizeOf(dims.slice(1));
    const mask = dropoutMask({ name: `mask.${node.name}`, ratio, seed, step, firstRow, rows, width });
    return plain(tape.own(this.#tf.tensor(mask, [...dims], 'float32')));
  }
}
