/**
 * @file What a gradient rule works with: one backward graph under construction.
 *
 * A rule reads values of the forward pass by name (whatever it reads is kept by the forward graph), emits nodes, and
 * gives its node's inputs their share of the gradient. Shares of the same tensor are summed when its own turn comes.
 */
import { describeNode } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Node, Tensor } from '../graph.ts';
import { toInts, toNumbers } from '../tensor.ts';
import { type Dim, Emitter } from './emitter.ts';

export type { Dim } from './emitter.ts';

/** One rule: emits the backward of `node`, for each input that `g.wants`. */
export type Rule = (node: Node, g: GradientContext) => void;

/** What the whole graph tells the rules. */
export interface GraphFacts {
  /** The shape of every float tensor on a gradient's path and of what the rules read. */
  readonly shapes: ReadonlyMap<string, readonly Dim[]>;
  /** Constants: initializers that don't train and the outputs of Constant nodes. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Tensors that depend on a parameter in a differentiable way. */
  readonly active: ReadonlySet<string>;
  /** The node that makes each tensor. */
  readonly producers: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** Names of the graph's outputs. */
  readonly outputs: ReadonlySet<string>;
  /** Channels of a block, where convolutions are to run in ONNX Runtime's blocked layout: see blocked.ts. */
  readonly block: number | undefined;
}

export class GradientContext extends Emitter {
  readonly facts: GraphFacts;
  readonly #shares = new Map<string, string[]>();
  /** Tensors whose gradient has Relu's (or LeakyRelu's) mask on it already: see rules/pooling.ts. */
  readonly masked = new Set<string>();

  constructor(facts: GraphFacts) {
    super('backward');
    this.facts = facts;
  }

  /** Whether a gradient is to flow into this tensor. */
  wants(name: string | undefined): boolean {
    return name !== undefined && name !== '' && this.facts.active.has(name);
  }

  /** Adds a share to the gradient of `name`; the share has the tensor's own shape. */
  give(name: string, share: string): void {
    const shares = this.#shares.get(name);
    if (shares) shares.push(share);
    else this.#shares.set(name, [share]);
  }

  /** The sum of all shares that `name` was given; `undefined` where there are none. */
  total(name: string): string | undefined {
    const shares = this.#shares.get(name);
    if (!shares) return undefined;
    if (shares.length > 1) {
      const sum = shares.length === 2 ? this.op('Add', shares) : this.op('Sum', shares);
      this.#shares.set(name, [sum]);
      return sum;
    }
    return shares[0];
  }

  /** The gradient at an output of a node; a rule is only called where there is one. */
  dy(node: Node, output = 0): string {
    const total = this.total(node.outputs[output]!);
    if (total === undefined) throw new Error(`no gradient at output ${output} of ${describeNode(node)}`);
    return total;
  }

  /** The shape of a forward tensor. */
  shape(name: string): readonly Dim[] {
    const shape = this.facts.shapes.get(name);
    if (!shape)
      throw new OnnxError(
        'SHAPE_MISMATCH',
        `the shape of tensor "${name}" isn't known, so it can't be trained through`,
      );
    return shape;
  }

  /** A dimension that must not vary with the batch. */
  fixed(node: Node, name: string, axis: number): number {
    const dim = this.shape(name)[axis];
    if (typeof dim !== 'number') {
      throw new OnnxError(
        'NOT_DIFFERENTIABLE',
        `${describeNode(node)} can't be trained: axis ${axis} of "${name}" varies with the batch; only the first axis of a picture may`,
      );
    }
    return dim;
  }

  /** The value of a constant as integers: an attribute's successor, such as the axes of Squeeze. */
  constantInts(node: Node, name: string | undefined): number[] | undefined {
    if (name === undefined || name === '') return undefined;
    return toInts(this.constantOf(node, name));
  }

  /** The value of a constant scalar. */
  constantScalar(node: Node, name: string | undefined): number | undefined {
    if (name === undefined || name === '') return undefined;
    return toNumbers(this.constantOf(node, name))[0];
  }

  constantOf(node: Node, name: string): Tensor {
    const tensor = this.facts.constants.get(name);
    if (!tensor) {
      throw new OnnxError(
        'NOT_DIFFERENTIABLE',
        `${describeNode(node)} can't be trained: its input "${name}" is computed; expected a constant`,
      );
    }
    return tensor;
  }

  /** `value` in the shape of the forward tensor `like`, which holds as many elements. */
  reshapeLike(value: string, like: string): string {
    const shape = this.shape(like);
    if (shape.filter((dim) => dim === null).length <= 1) return this.reshape(value, shape);
    return this.op('Reshape', [value, this.op('Shape', [like])]);
  }

  /** Undoes broadcasting: sums `value`, of shape `from`, down to the shape of the forward tensor `to`. */
  unbroadcast(value: string, from: readonly Dim[], to: string): string {
    const target = this.shape(to);
    const lead = from.length - target.length;
    const axes: number[] = [];
    for (let axis = 0; axis < from.length; axis++) {
      if (axis < lead || (target[axis - lead] === 1 && from[axis] !== 1)) axes.push(axis);
    }
    let result = value;
    if (axes.length > 0) result = this.op('ReduceSum', [value, this.ints(axes)], { keepdims: { int: 1 } });
    return lead > 0 ? this.reshapeLike(result, to) : result;
  }

  /** An error that says why this node can't be trained. */
  unsupported(node: Node, why: string): OnnxError {
    return new OnnxError('NOT_DIFFERENTIABLE', `${describeNode(node)} can't be trained: ${why}`);
  }
}
