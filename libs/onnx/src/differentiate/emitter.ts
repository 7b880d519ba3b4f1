/** @file Nodes and constants of a graph under construction. */
import type { Attribute, Node, Tensor } from '../graph.ts';
import { float32, int64 } from '../tensor.ts';

/** A dimension: its size, or `null` where it grows with the batch. */
export type Dim = number | null;

/** Collects nodes, in the order in which they are emitted, and the constants that they read. */
export class Emitter {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, Tensor>();
  readonly #prefix: string;
  readonly #made = new Map<string, string>();
  #count = 0;

  /** @param prefix - of every name that is made here */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * Emits a node and returns its output. The same op on the same inputs is emitted once.
   *
   * @param o.output - the output's name; a new one where it is left out
   */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    o: { readonly output?: string; readonly domain?: string } = {},
  ): string {
    const key = `${o.output ?? ''}|${op}|${inputs.join('|')}|${JSON.stringify(attributes)}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    this.#count += 1;
    const name = `${this.#prefix}.${this.#count}.${op}`;
    const output = o.output ?? name;
    const domain = o.domain === undefined ? {} : { domain: o.domain };
    this.nodes.push({ op, name, inputs, outputs: [output], attributes, ...domain });
    this.#made.set(key, output);
    return output;
  }

  /** A constant list of integers, [values.length]. */
  ints(values: readonly number[]): string {
    return this.constant(`${this.#prefix}.ints.${values.join(',')}`, () => int64([values.length], values));
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.constant(`${this.#prefix}.scalar.${value}`, () => float32([], [value]));
  }

  /** A constant under a name of its own, made on first use. */
  constant(name: string, make: () => Tensor): string {
    if (!this.initializers.has(name)) this.initializers.set(name, make());
    return name;
  }

  /** Reshape to known dimensions, of which at most one is `null`. */
  reshape(value: string, dims: readonly Dim[]): string {
    return this.op('Reshape', [value, this.ints(dims.map((dim) => dim ?? -1))]);
  }
}
