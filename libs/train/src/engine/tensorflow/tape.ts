/**
 * @file A gradient tape on TF.js's kernels that can wait between its two halves.
 *
 * TF.js differentiates by the rules that it keeps for its kernels, but only within one synchronous call. Here the loss
 * needs z of the whole batch first, which other threads may be computing. So kernels are run one at a time and written
 * down, and `backward` calls the same rules (`tf.getGradient`) later. A tensor lives until nobody holds it: neither
 * the forward pass, which lets go of a value behind its last use, nor a rule that will read it.
 */

import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import type { Tf } from '../../tf.ts';

/** A value of the forward pass. */
export class Variable {
  readonly tensor: Tensor;
  /** Whether a gradient is wanted. */
  readonly learns: boolean;
  /** How often it is held; infinite where somebody else owns the tensor. */
  holds: number;

  constructor(tensor: Tensor, learns: boolean, holds: number) {
    this.tensor = tensor;
    this.learns = learns;
    this.holds = holds;
  }

  get shape(): number[] {
    return this.tensor.shape;
  }
}

/** Gives one input its share of the gradient; called only where that is wanted. */
type Share = () => Tensor;

/** A step with a rule of its own. */
export interface Step {
  readonly inputs: readonly Variable[];
  readonly forward: () => Tensor;
  /** What `backward` reads of the forward pass, besides its own output `y` (see `readsOutput`). */
  readonly reads?: readonly Variable[];
  readonly readsOutput?: boolean;
  /** dy and y → a share for each input; undefined for an input that can't learn. */
  readonly backward: (dy: Tensor, y: Tensor) => readonly (Share | undefined)[];
}

interface Entry {
  readonly inputs: readonly Variable[];
  readonly output: Variable;
  readonly reads: readonly Variable[];
  readonly backward: Step['backward'];
}

export class Tape {
  readonly tf: Tf;
  readonly #recording: boolean;
  #entries: Entry[] = [];
  #made: Variable[] = [];

  /** @param recording - false: nothing is kept for a backward pass */
  constructor(tf: Tf, recording: boolean) {
    this.tf = tf;
    this.#recording = recording;
  }

  /** A tensor that is somebody else's. */
  static leaf(tensor: Tensor, learns: boolean): Variable {
    return new Variable(tensor, learns, Number.POSITIVE_INFINITY);
  }

  /** A tensor without gradient that is now the tape's. */
  own(tensor: Tensor): Variable {
    const variable = new Variable(this.tf.keep(tensor), false, 1);
    this.#made.push(variable);
    return variable;
  }

  /** Runs a kernel of TF.js; its gradient is TF.js's own rule. */
  kernel(name: string, inputs: Record<string, Variable> | Variable[], attributes: NamedAttrMap = {}): Variable {
    const { tf } = this;
    const variables = Object.values(inputs);
    const tensors = Array.isArray(inputs)
      ? variables.map(({ tensor }) => tensor)
      : Object.fromEntries(Object.entries(inputs).map(([key, { tensor }]) => [key, tensor]));
    const rule = tf.getGradient(name);
    const keys = Object.keys(inputs);
    const reads = rule?.saveAllInputs
      ? variables
      : (rule?.inputsToSave ?? []).map((key) => (inputs as Record<string, Variable>)[key]);
    const readsOutput = rule?.outputsToSave?.[0] ?? false;
    return this.step({
      inputs: variables,
      reads,
      readsOutput,
      forward: () => tf.engine().runKernel(name, tensors as unknown as NamedTensorMap, attributes) as Tensor,
      backward: (dy, y) => {
        if (!rule) throw new Error(`TF.js has no gradient for its kernel ${name}`);
        const saved = reads.map(({ tensor }) => tensor);
        const shares = rule.gradFunc(dy, readsOutput ? [...saved, y] : saved, attributes);
        return keys.map((key) => shares[key]);
      },
    });
  }

  /** Runs a step with a rule of its own. */
  step({ inputs, forward, reads = [], readsOutput = false, backward }: Step): Variable {
    const { tf } = this;
    let tensor = tf.tidy(forward);
    if (inputs.some((input) => input.tensor === tensor)) tensor = tensor.clone();
    const learns = this.#recording && inputs.some((input) => input.learns);
    const output = new Variable(tf.keep(tensor), learns, 1);
    this.#made.push(output);
    if (learns) {
      const held = readsOutput ? [...reads, output] : reads;
      for (const variable of held) variable.holds++;
      this.#entries.push({ inputs, output, reads: held, backward });
    }
    return output;
  }

  /** Holds a variable on behalf of a name. */
  hold(variable: Variable): void {
    variable.holds++;
  }

  /** Lets go of it; the tensor is disposed when nobody holds it any more. */
  release(variable: Variable): void {
    if (--variable.holds === 0) variable.tensor.dispose();
  }

  /** Lets go of everything made since the last call, but for what a name or a rule holds. */
  sweep(): void {
    for (const variable of this.#made) this.release(variable);
    this.#made = [];
  }

  /**
   * The gradients of Σ output · dy, by variable: of all those that learn and are somebody else's. The caller disposes
   * of them. The tape is empty afterwards.
   */
  backward(output: Variable, dy: Tensor): Map<Variable, Tensor> {
    const { tf } = this;
    const gradients = new Map<Variable, Tensor>([[output, tf.keep(dy.clone())]]);
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      const own = gradients.get(entry.output);
      if (own) {
        gradients.delete(entry.output);
        this.#spread(entry, own, gradients);
        own.dispose();
      }
      for (const variable of entry.reads) this.release(variable);
    }
    return gradients;
  }

  #spread({ inputs, output, backward }: Entry, dy: Tensor, gradients: Map<Variable, Tensor>): void {
    const { tf } = this;
    tf.tidy(() => {
      const shares = backward(dy, output.tensor);
      inputs.forEach((input, i) => {
        const share = input.learns ? shares[i]?.() : undefined;
        if (!share) return;
        const before = gradients.get(input);
        const sum = before ? tf.add(before, share) : share === dy ? share.clone() : share;
        gradients.set(input, tf.keep(sum));
        before?.dispose();
      });
    });
  }

  /** Lets go of everything when there will be no backward pass. */
  dispose(): void {
    this.sweep();
    for (const { reads } of this.#entries) for (const variable of reads) this.release(variable);
    this.#entries = [];
  }
}
