/** @file Building networks as graphs, layer by layer. */
import { checkGraph } from './check.ts';
import { OnnxError } from './errors.ts';
import type { Attribute, DataType, Graph, Node, Tensor, Value } from './graph.ts';
import { normals } from './random.ts';
import { type Known, learnNode } from './shapes.ts';
import { float32, sizeOf } from './tensor.ts';

/** The operator set of every network built here: the newest that Debian's checker knows. */
export const NETWORK_OPSET = 17;

/** Prefix of constants that aren't parameters: {@link GraphBuilder.constant} puts it, training leaves them alone. */
export const CONSTANT_PREFIX = 'const.';

/** By how much a ReLU lowers the standard deviation of a normal input: 1 / sqrt((1 - 1 / pi) / 2), Brock et al. 2021. */
const RELU_GAIN = Math.sqrt(2 / (1 - 1 / Math.PI));

/** Standard deviation of initial weights: a number, or from their fan-in (`he`: sqrt(2 / n), `lecun`: sqrt(1 / n)). */
export type Initial = number | 'he' | 'lecun';

/** A convolution's options. */
export interface ConvOptions {
  readonly name: string;
  readonly channels: number;
  /** Edge of the square kernel; 3 if left out. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Zeros on every side; (kernel - 1) / 2 rounded down if left out. */
  readonly pad?: number;
  readonly groups?: number;
  readonly dilation?: number;
  /** The initial bias; 0 if left out, none with `false`. */
  readonly bias?: number | false;
  readonly initial?: Initial;
  /**
   * The first filters are begun as the identity: output channel i passes input channel i on, as long as there is one
   * (Zagoruyko and Komodakis, "DiracNets", 2017). What lies in front then reaches what lies behind from the first step.
   */
  readonly identity?: boolean;
  /**
   * Scaled weight standardisation (Brock, De, Smith, Simonyan, "Characterizing signal propagation to close the
   * performance gap in unnormalized ResNets", ICLR 2021): the kernel of every output channel is brought to mean 0 and
   * variance 1 / fan-in, times a learnt gain. It is computed from the weights alone, so {@link fold} removes it.
   */
  readonly standardize?: boolean;
}

/** Where a pool's window goes. */
export interface PoolOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly name?: string;
}

/**
 * Builds a graph in order: each method adds one layer and returns the name of what it makes. Shapes are followed (with
 * a batch of one), so a layer's parameters get their sizes by themselves and a mistake shows where it is made.
 *
 * @example
 * const b = new GraphBuilder('tiny', { seed: 1 });
 * let x = b.pixels(32);
 * x = b.relu(b.conv(x, { name: 'conv1', channels: 16 }));
 * b.output(b.tanh(b.gemm(b.flatten(x), { name: 'fcb', size: 300 })), 'z');
 * const graph = b.build();
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #seed: number;
  readonly #opset: number;
  readonly #metadata: Record<string, string>;
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #known: Known = { shapes: new Map(), values: new Map() };
  readonly #counts = new Map<string, number>();

  constructor(name: string, options: { seed?: number; opset?: number; metadata?: Record<string, string> } = {}) {
    this.#name = name;
    this.#seed = options.seed ?? 1;
    this.#opset = options.opset ?? NETWORK_OPSET;
    this.#metadata = { ...options.metadata };
  }

  /** The shape of a tensor made so far; axis 0 of what depends on a varying batch reads 1. */
  shape(tensor: string): readonly number[] {
    const shape = this.#known.shapes.get(tensor);
    if (!shape) throw new OnnxError('UNKNOWN_TENSOR', `nothing called "${tensor}" has been built yet`);
    return shape;
  }

  /** A graph input; a dimension given by name counts as 1 where shapes are followed. */
  input(name: string, type: DataType, dims: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, dims });
    this.#known.shapes.set(
      name,
      dims.map((dim) => (typeof dim === 'number' ? dim : 1)),
    );
    return name;
  }

  /** An initializer under exactly this name; float32 ones are trained. */
  parameter(name: string, value: Tensor): string {
    if (this.#known.shapes.has(name))
      throw new OnnxError('INVALID_GRAPH', `"${name}" is built twice; name layers apart`);
    this.#initializers.set(name, value);
    this.#known.shapes.set(name, value.dims);
    this.#known.values.set(name, value);
    return name;
  }

  /** An initializer that isn't trained, called `const.NAME`. The same name and value may be asked for again. */
  constant(name: string, value: Tensor): string {
    const full = `${CONSTANT_PREFIX}${name}`;
    const before = this.#initializers.get(full);
    if (before && before.dims.join() === value.dims.join() && before.data.join() === value.data.join()) return full;
    return this.parameter(full, value);
  }

  /**
   * Any node of the standard operator set with one output (see `outputs` for more); returns the first output's name.
   * Throws SHAPE_MISMATCH where the inputs don't fit, UNSUPPORTED_OP where the operation has no shape rule.
   */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { name?: string; outputs?: readonly string[] } = {},
  ): string {
    const name = options.name ?? this.#fresh(op.toLowerCase());
    const node: Node = { op, name, inputs: [...inputs], outputs: [...(options.outputs ?? [name])], attributes };
    for (const input of inputs) if (input !== '') this.shape(input);
    for (const output of node.outputs) {
      if (this.#known.shapes.has(output)) {
        throw new OnnxError('INVALID_GRAPH', `"${output}" is built twice; name layers apart`);
      }
    }
    learnNode(node, this.#known, this.#opset);
    this.#nodes.push(node);
    return node.outputs[0]!;
  }

  /** A float32 tensor of normal numbers around 0, seeded by `name`: adding a layer leaves the other layers' as they are. */
  normal(name: string, dims: readonly number[], deviation: number): Tensor {
    const values = normals(sizeOf(dims), this.#seed, name);
    for (let i = 0; i < values.length; i += 1) values[i]! *= deviation;
    return float32(dims, values);
  }

  /**
   * The input `image`, uint8 [N, size, size, 3] RGB, as float32 [N, 3, size, size]: (x - mean) * scale for each channel
   * (0-255 as stored). `size` may be a pair [height, width].
   */
  pixels(
    size: number | readonly [number, number],
    o: { mean?: readonly number[]; scale?: readonly number[]; channels?: 'rgb' | 'bgr' } = {},
  ): string {
    const [height, width] = typeof size === 'number' ? [size, size] : size;
    const image = this.input('image', 'uint8', ['N', height, width, 3]);
    let x = this.node('Cast', [image], { to: { int: 1 } }, { name: 'pixels.float' });
    x = this.node('Transpose', [x], { perm: { ints: [0, 3, 1, 2] } }, { name: 'pixels.planes' });
    if (o.channels === 'bgr') {
      // Whole planes change places; pixel by pixel it would cost a sixth of SqueezeNet.
      const order = this.constant('bgr', { type: 'int64', dims: [3], data: BigInt64Array.of(2n, 1n, 0n) });
      x = this.node('Gather', [x, order], { axis: { int: 1 } }, { name: 'pixels.bgr' });
    }
    // By planes: a constant to every run of pixels is several times faster than three numbers over and over.
    const mean = this.constant('mean', float32([3, 1, 1], o.mean ?? [0, 0, 0]));
    const scale = this.constant('scale', float32([3, 1, 1], o.scale ?? [1, 1, 1]));
    x = this.node('Sub', [x, mean], {}, { name: 'pixels.centred' });
    return this.node('Mul', [x, scale], {}, { name: 'pixels' });
  }

  /** A convolution with parameters `NAME.weight` [O, I / groups, k, k], `NAME.bias` [O] (and `NAME.gain` [O, 1, 1, 1]). */
  conv(x: string, o: ConvOptions): string {
    const { name, channels, kernel = 3, stride = 1, groups = 1, dilation = 1, bias = 0 } = o;
    // Standardised weights have the same effect at any size; smaller ones turn faster under the same learning rate.
    const initial = o.initial ?? (o.standardize ? 'lecun' : 'he');
    const pad = o.pad ?? Math.floor(((kernel - 1) * dilation) / 2);
    const dims = [channels, this.shape(x)[1]! / groups, kernel, kernel];
    const fanIn = sizeOf(dims.slice(1));
    const first = this.normal(`${name}.weight`, dims, deviation(initial, fanIn));
    if (o.identity) beginAsIdentity(first.data as Float32Array, dims);
    let weight = this.parameter(`${name}.weight`, first);
    if (o.standardize) weight = this.#standardized(name, weight, channels, fanIn);
    const inputs = [x, weight];
    if (bias !== false)
      inputs.push(this.parameter(`${name}.bias`, float32([channels], new Float32Array(channels).fill(bias))));
    return this.node(
      'Conv',
      inputs,
      {
        kernel_shape: { ints: [kernel, kernel] },
        strides: { ints: [stride, stride] },
        pads: { ints: [pad, pad, pad, pad] },
        ...(groups > 1 ? { group: { int: groups } } : {}),
        ...(dilation > 1 ? { dilations: { ints: [dilation, dilation] } } : {}),
      },
      { name },
    );
  }

  #standardized(name: string, weight: string, channels: number, fanIn: number): string {
    const axes = { axes: { ints: [1, 2, 3] }, keepdims: { int: 1 } };
    const part = (suffix: string) => ({ name: `${name}.weight.${suffix}` });
    const mean = this.node('ReduceMean', [weight], axes, part('mean'));
    const centred = this.node('Sub', [weight, mean], {}, part('centred'));
    const square = this.node('Mul', [centred, centred], {}, part('square'));
    const variance = this.node('ReduceMean', [square], axes, part('variance'));
    // fan-in * variance is about 1 at the initial weights, so this keeps the division apart from 0 and no more.
    const scaled = this.node(
      'Mul',
      [variance, this.constant(`${name}.fan-in`, float32([], [fanIn]))],
      {},
      part('scaled'),
    );
    const safe = this.node('Add', [scaled, this.constant('weight.epsilon', float32([], [1e-4]))], {}, part('safe'));
    const norm = this.node('Sqrt', [safe], {}, part('norm'));
    const unit = this.node('Div', [centred, norm], {}, part('unit'));
    const gains = float32([channels, 1, 1, 1], new Float32Array(channels).fill(RELU_GAIN));
    return this.node('Mul', [unit, this.parameter(`${name}.gain`, gains)], {}, part('standardized'));
  }

  /** A fully connected layer on [N, I] with parameters `NAME.weight` [O, I] and `NAME.bias` [O]. */
  gemm(x: string, o: { name: string; size: number; bias?: number; initial?: Initial }): string {
    const dims = [o.size, this.shape(x)[1]!];
    const deviate = deviation(o.initial ?? 'he', dims[1]!);
    const weight = this.parameter(`${o.name}.weight`, this.normal(`${o.name}.weight`, dims, deviate));
    const bias = this.parameter(`${o.name}.bias`, float32([o.size], new Float32Array(o.size).fill(o.bias ?? 0)));
    return this.node('Gemm', [x, weight, bias], { transB: { int: 1 } }, { name: o.name });
  }

  relu(x: string, name?: string): string {
    return this.node('Relu', [x], {}, name ? { name } : {});
  }

  tanh(x: string, name?: string): string {
    return this.node('Tanh', [x], {}, name ? { name } : {});
  }

  maxPool(x: string, o: PoolOptions): string {
    return this.#pool('MaxPool', x, o);
  }

  averagePool(x: string, o: PoolOptions): string {
    return this.#pool('AveragePool', x, o);
  }

  #pool(op: string, x: string, { kernel, stride = kernel, pad = 0, name }: PoolOptions): string {
    const attributes: Record<string, Attribute> = {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
    };
    if (pad > 0) attributes.pads = { ints: [pad, pad, pad, pad] };
    return this.node(op, [x], attributes, name ? { name } : {});
  }

  globalAveragePool(x: string, name?: string): string {
    return this.node('GlobalAveragePool', [x], {}, name ? { name } : {});
  }

  /** Local response normalisation across `size` channels (Krizhevsky et al. 2012). */
  lrn(x: string, o: { size: number; alpha: number; beta: number; bias?: number; name?: string }): string {
    const { size, alpha, beta, bias = 1, name } = o;
    const attributes = { size: { int: size }, alpha: { float: alpha }, beta: { float: beta }, bias: { float: bias } };
    return this.node('LRN', [x], attributes, name ? { name } : {});
  }

  /**
   * Group normalisation (Wu and He 2018) of [N, C, H, W] with parameters `NAME.gain` and `NAME.bias` [1, C, 1, 1]:
   * every picture's channels, in `groups`, to mean 0 and variance 1. No batch statistics: training and serving agree.
   */
  groupNorm(x: string, o: { name: string; groups: number; epsilon?: number }): string {
    const [, channels = 0, height, width] = this.shape(x);
    const { name, groups, epsilon = 1e-5 } = o;
    if (channels % groups !== 0) {
      throw new OnnxError('BAD_OPTION', `${channels} channels of "${name}" can't be cut in ${groups} equal groups`);
    }
    const shape = (key: string, dims: readonly number[]) =>
      this.constant(key, { type: 'int64', dims: [dims.length], data: BigInt64Array.from(dims, BigInt) });
    const grouped = this.node(
      'Reshape',
      [x, shape(`shape.0x${groups}x-1`, [0, groups, -1])],
      {},
      { name: `${name}.grouped` },
    );
    const one = this.constant(`ones.${groups}`, float32([groups], new Float32Array(groups).fill(1)));
    const zero = this.constant(`zeros.${groups}`, float32([groups], new Float32Array(groups)));
    const normal = this.node(
      'InstanceNormalization',
      [grouped, one, zero],
      { epsilon: { float: epsilon } },
      { name: `${name}.normal` },
    );
    const back = [0, channels, height!, width!];
    const flat = this.node('Reshape', [normal, shape(`shape.${back.join('x')}`, back)], {}, { name: `${name}.back` });
    const gain = this.parameter(`${name}.gain`, float32([1, channels, 1, 1], new Float32Array(channels).fill(1)));
    const bias = this.parameter(`${name}.bias`, float32([1, channels, 1, 1], new Float32Array(channels)));
    return this.node('Add', [this.node('Mul', [flat, gain], {}, { name: `${name}.gained` }), bias], {}, { name });
  }

  /** [N, ...] to [N, the rest]. */
  flatten(x: string, name?: string): string {
    return this.node('Flatten', [x], { axis: { int: 1 } }, name ? { name } : {});
  }

  /** Dropout: nothing when serving; in training a mask of 0 or 1 / (1 - ratio) made by the engine. */
  dropout(x: string, o: { ratio: number; name?: string }): string {
    if (!(o.ratio >= 0 && o.ratio < 1))
      throw new OnnxError('BAD_OPTION', `dropout ratio ${o.ratio} is not within [0, 1)`);
    if (o.ratio === 0) return x;
    const ratio = this.constant(`dropout.${o.ratio}`, float32([], [o.ratio]));
    return this.node('Dropout', [x, ratio], {}, o.name ? { name: o.name } : {});
  }

  add(a: string, b: string, name?: string): string {
    return this.node('Add', [a, b], {}, name ? { name } : {});
  }

  /** The bottleneck of DQN, `fcb`: z = tanh(W h + b) on [N, I]; the graph's output `z`, float32 [N, D]. */
  bottleneck(x: string, o: { dimensions: number; initial?: Initial }): string {
    const h = this.gemm(x, { name: 'fcb', size: o.dimensions, initial: o.initial ?? 'lecun' });
    return this.output(this.tanh(h, 'z'), 'z');
  }

  /** Makes a float32 tensor a graph output; another name than its own costs an Identity. Its first axis is the batch. */
  output(x: string, name: string = x): string {
    const from = x === name ? x : this.node('Identity', [x], {}, { name });
    const dims = this.shape(from).map((size, axis) => (axis === 0 ? 'N' : size));
    this.#outputs.push({ name, type: 'float32', dims });
    return name;
  }

  /** The graph so far, checked. Throws INVALID_GRAPH, e.g. where no output was named. */
  build(): Graph {
    const graph: Graph = {
      name: this.#name,
      opset: this.#opset,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      initializers: new Map(this.#initializers),
      metadata: { ...this.#metadata },
    };
    checkGraph(graph);
    return graph;
  }

  #fresh(stem: string): string {
    for (;;) {
      const count = (this.#counts.get(stem) ?? 0) + 1;
      this.#counts.set(stem, count);
      const name = `${stem}${count}`;
      if (!this.#known.shapes.has(name)) return name;
    }
  }
}

function deviation(initial: Initial, fanIn: number): number {
  if (typeof initial === 'number') return initial;
  return Math.sqrt((initial === 'he' ? 2 : 1) / fanIn);
}

/** Makes filter i of a kernel [O, I, k, k] pass channel i on, for all i below O and I. */
function beginAsIdentity(
  weights: Float32Array,
  [outputs = 0, inputs = 0, height = 1, width = 1]: readonly number[],
): void {
  const area = height * width;
  const centre = (height >> 1) * width + (width >> 1);
  for (let i = 0; i < Math.min(outputs, inputs); i += 1) {
    const from = i * inputs * area;
    weights.fill(0, from, from + inputs * area);
    weights[from + i * area + centre] = 1;
  }
}
