/** @file Small networks around one operation, and random ones, for holding the two engines against each other. */

import { type Attribute, float32, type Graph, GraphBuilder, int64 } from '@dqn/onnx';
import { createRandom, type Random } from '@dqn/pq';

/** Builds something on the tensor `x` and gives its output. */
export type Layer = (b: GraphBuilder, x: string) => string;

/** A parameter with values in [low, high). */
export function weights(b: GraphBuilder, name: string, dims: readonly number[], low = -1, high = 1): string {
  const random = createRandom(name.length + 31 * dims.length);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return b.parameter(
    name,
    float32(
      dims,
      Float32Array.from({ length: size }, () => low + (high - low) * random.next()),
    ),
  );
}

/**
 * Pictures [N, size, size, 3] → a convolution that learns → `layer` on [N, channels, size, size] → bottleneck: the
 * gradient of `before.weight` is the layer's gradient at its input.
 *
 * @param o.positive - the layer's input lies between ½ and 2.5
 */
export function around(layer: Layer, o: { channels?: number; size?: number; positive?: boolean } = {}): Graph {
  const { channels = 6, size = 8 } = o;
  const b = new GraphBuilder('around', { seed: 4 });
  const scale = [1 / 64, 1 / 64, 1 / 64];
  let x = b.conv(b.pixels(size, { mean: [120, 120, 120], scale }), { name: 'before', channels, bias: 0.1 });
  if (o.positive) {
    const shifted = b.node('Sigmoid', [x]);
    x = b.node('Add', [
      b.node('Mul', [shifted, b.constant('two', float32([], [2]))]),
      b.constant('half', float32([], [0.5])),
    ]);
  }
  const y = layer(b, x);
  b.bottleneck(b.shape(y).length === 2 ? y : b.flatten(y), { dimensions: 5 });
  return b.build();
}

const op =
  (name: string, attributes: Record<string, Attribute> = {}): Layer =>
  (b, x) =>
    b.node(name, [x], attributes);

const scalar = (b: GraphBuilder, value: number): string => b.constant(`scalar.${value}`, float32([], [value]));
const list = (b: GraphBuilder, ...values: number[]): string =>
  b.constant(`list.${values.join('.')}`, int64([values.length], values));
const ints = (...values: number[]): Attribute => ({ ints: values });

const conv =
  (o: {
    filters: number;
    kernel?: [number, number];
    groups?: number;
    attributes?: Record<string, Attribute>;
    bias?: boolean;
  }): Layer =>
  (b, x) => {
    const { filters, kernel = [3, 3], groups = 1, attributes = {}, bias = true } = o;
    const inputs = [x, weights(b, 'weight', [filters, b.shape(x)[1] / groups, ...kernel])];
    if (bias) inputs.push(weights(b, 'bias', [filters]));
    return b.node('Conv', inputs, { kernel_shape: ints(...kernel), group: { int: groups }, ...attributes });
  };

const pool = (name: string, kernel: [number, number], attributes: Record<string, Attribute> = {}): Layer =>
  op(name, { kernel_shape: ints(...kernel), ...attributes });

const norm =
  (name: 'BatchNormalization' | 'InstanceNormalization', learnt = true): Layer =>
  (b, x) => {
    const c = b.shape(x)[1];
    const vector = (key: string, low: number, high: number): string => {
      if (learnt || key === 'mean' || key === 'var') return weights(b, key, [c], low, high);
      return b.constant(
        `norm.${key}`,
        float32(
          [c],
          Float32Array.from({ length: c }, (_, i) => low + (i * (high - low)) / c),
        ),
      );
    };
    const inputs = [x, vector('scale', 0.5, 1.5), vector('shift', -1, 1)];
    if (name === 'BatchNormalization') inputs.push(vector('mean', -1, 1), vector('var', 0.5, 2));
    return b.node(name, inputs, { epsilon: { float: 1e-3 } });
  };

const lrn = (size: number): Layer =>
  op('LRN', { size: { int: size }, alpha: { float: 0.3 }, beta: { float: 0.6 }, bias: { float: 1.5 } });

const broadcast = [[6, 8, 8], [1, 6, 1, 1], [6, 1, 1], [8], [8, 1], [], [1], [1, 1, 8, 8]] as const;

/** Every operation and its ways, by name. */
export const layers: Readonly<Record<string, Layer>> = {
  'Conv 3 × 3': conv({ filters: 4 }),
  'Conv padded, strided': conv({ filters: 4, attributes: { pads: ints(1, 1, 1, 1), strides: ints(2, 2) } }),
  'Conv 5 × 3 same': conv({ filters: 4, kernel: [5, 3], attributes: { pads: ints(2, 1, 2, 1) } }),
  'Conv padded unevenly': conv({ filters: 3, attributes: { pads: ints(0, 2, 1, 0), strides: ints(1, 2) } }),
  'Conv 1 × 1': conv({ filters: 7, kernel: [1, 1], bias: false }),
  'Conv 1 × 1, stride 2': conv({ filters: 7, kernel: [1, 1], attributes: { strides: ints(2, 2) } }),
  'Conv dilated': conv({ filters: 4, attributes: { dilations: ints(2, 2), pads: ints(2, 2, 2, 2) } }),
  'Conv dilated, strided': conv({ filters: 4, attributes: { dilations: ints(1, 3), strides: ints(2, 1) } }),
  'Conv in two groups': conv({ filters: 4, groups: 2, attributes: { pads: ints(1, 1, 1, 1) } }),
  'Conv depthwise': conv({ filters: 6, groups: 6, attributes: { pads: ints(1, 1, 1, 1) } }),
  'Conv depthwise, stride 2': conv({
    filters: 6,
    groups: 6,
    attributes: { pads: ints(1, 1, 1, 1), strides: ints(2, 2) },
  }),
  'Conv depthwise, uneven strides': conv({ filters: 6, groups: 6, attributes: { strides: ints(1, 2) } }),
  'Conv depthwise, dilated': conv({ filters: 6, groups: 6, attributes: { dilations: ints(2, 1) } }),
  'Conv depthwise, two filters each': conv({ filters: 12, groups: 6, attributes: { pads: ints(1, 1, 1, 1) } }),
  'Conv SAME_UPPER': conv({ filters: 3, attributes: { auto_pad: { string: 'SAME_UPPER' }, strides: ints(3, 3) } }),
  'Conv SAME_LOWER': conv({ filters: 3, attributes: { auto_pad: { string: 'SAME_LOWER' }, strides: ints(3, 3) } }),
  'Conv VALID': conv({ filters: 3, attributes: { auto_pad: { string: 'VALID' } } }),
  'Conv as large as the picture': conv({ filters: 3, kernel: [8, 8] }),
  'MaxPool 2 × 2': pool('MaxPool', [2, 2], { strides: ints(2, 2) }),
  'MaxPool overlapping': pool('MaxPool', [3, 3], { strides: ints(2, 2) }),
  'MaxPool padded': pool('MaxPool', [3, 3], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
  'MaxPool padded below zero': (b, x) =>
    b.node('MaxPool', [b.node('Sub', [x, scalar(b, 5)])], { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }),
  'MaxPool ceil_mode': pool('MaxPool', [3, 3], { strides: ints(2, 2), ceil_mode: { int: 1 } }),
  'MaxPool of ties': (b, x) =>
    b.node('MaxPool', [b.node('Relu', [x])], { kernel_shape: ints(3, 3), strides: ints(1, 1) }),
  GlobalMaxPool: op('GlobalMaxPool'),
  'AveragePool 2 × 2': pool('AveragePool', [2, 2], { strides: ints(2, 2) }),
  'AveragePool overlapping': pool('AveragePool', [3, 2], { strides: ints(2, 1) }),
  'AveragePool padded': pool('AveragePool', [3, 3], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
  'AveragePool same': pool('AveragePool', [3, 3], { pads: ints(1, 1, 1, 1) }),
  'AveragePool same, padding counted': pool('AveragePool', [3, 3], {
    pads: ints(1, 1, 1, 1),
    count_include_pad: { int: 1 },
  }),
  'AveragePool ceil_mode': pool('AveragePool', [3, 3], { strides: ints(2, 2), ceil_mode: { int: 1 } }),
  'AveragePool ceil_mode, padding counted': pool('AveragePool', [3, 3], {
    strides: ints(2, 2),
    pads: ints(1, 0, 1, 0),
    ceil_mode: { int: 1 },
    count_include_pad: { int: 1 },
  }),
  GlobalAveragePool: op('GlobalAveragePool'),
  BatchNormalization: norm('BatchNormalization'),
  'BatchNormalization that stands still': norm('BatchNormalization', false),
  InstanceNormalization: norm('InstanceNormalization'),
  'InstanceNormalization of three axes': (b, x) =>
    norm('InstanceNormalization')(b, b.node('Reshape', [x, list(b, 0, 3, -1)])),
  'group normalisation': (b, x) => b.groupNorm(x, { name: 'group', groups: 2 }),
  'weight standardisation': (b, x) => b.conv(x, { name: 'standard', channels: 4, standardize: true }),
  'LRN of 3': lrn(3),
  'LRN of 5': lrn(5),
  Relu: op('Relu'),
  LeakyRelu: op('LeakyRelu', { alpha: { float: 0.1 } }),
  'LeakyRelu with a negative slope': op('LeakyRelu', { alpha: { float: -0.3 } }),
  Sigmoid: op('Sigmoid'),
  HardSigmoid: op('HardSigmoid', { alpha: { float: 0.7 }, beta: { float: 0.4 } }),
  HardSwish: op('HardSwish'),
  Tanh: op('Tanh'),
  Exp: op('Exp'),
  Neg: op('Neg'),
  Abs: op('Abs'),
  Identity: op('Identity'),
  Clip: (b, x) => b.node('Clip', [x, scalar(b, -0.5), scalar(b, 0.75)]),
  'Clip from above': (b, x) => b.node('Clip', [x, '', scalar(b, 0.5)]),
  squares: (b, x) => b.node('Pow', [x, scalar(b, 2)]),
  cubes: (b, x) => b.node('Pow', [x, scalar(b, 3)]),
  'x · x − x': (b, x) => b.node('Sub', [b.node('Mul', [x, x]), x]),
  'Sum of three': (b, x) => b.node('Sum', [x, b.node('Relu', [x]), weights(b, 'third', [6, 1, 1])]),
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div'].flatMap((name) =>
      [0, 1].map((side): [string, Layer] => [
        `${name}, all ways of broadcasting ${side ? 'to' : 'from'} a picture`,
        (b, x) =>
          broadcast.reduce<string>((value, dims, i) => {
            const other = weights(b, `other${i}`, dims, 1, 2);
            const safe = b.node('Add', [b.node('Sigmoid', [value]), scalar(b, 0.5)]);
            return b.node(name, side ? [other, safe] : [safe, other]);
          }, x),
      ]),
    ),
  ),
  Flatten: op('Flatten', { axis: { int: 1 } }),
  Reshape: (b, x) => b.node('Reshape', [x, list(b, 0, 3, 16, -1)]),
  Erf: op('Erf'),
  Softmax: op('Softmax'),
  'Softmax of channels': op('Softmax', { axis: { int: 1 } }),
  'LogSoftmax of vectors': (b, x) => b.node('LogSoftmax', [b.flatten(x)]),
  'LayerNormalization of channels': (b, x) => {
    const last = b.node('Transpose', [x], { perm: ints(0, 2, 3, 1) });
    const normal = b.node('LayerNormalization', [last, weights(b, 'gain', [6], 0.5, 1.5), weights(b, 'shift', [6])]);
    return b.node('Transpose', [normal], { perm: ints(0, 3, 1, 2) });
  },
  Split: (b, x) => {
    b.node('Split', [x, list(b, 2, 3, 1)], { axis: { int: 1 } }, { outputs: ['one', 'two', 'three'] });
    return b.node('Concat', ['two', b.node('Tanh', ['three'])], { axis: { int: 1 } });
  },
  'Gather of one row': (b, x) => b.node('Gather', [x, b.constant('row', int64([], [3]))], { axis: { int: 2 } }),
  Elu: op('Elu', { alpha: { float: 0.8 } }),
  Softplus: op('Softplus'),
  PRelu: (b, x) => b.node('PRelu', [x, weights(b, 'slope', [6, 1, 1], 0.1, 0.4)]),
  'Min, Max': (b, x) => b.node('Min', [b.node('Max', [x, scalar(b, -0.3)]), scalar(b, 0.4)]),
  'squeeze and excitation': (b, x) => {
    const few = b.relu(
      b.conv(b.node('ReduceMean', [x], { axes: ints(2, 3) }), { name: 'few', channels: 2, kernel: 1 }),
    );
    return b.node('Mul', [x, b.node('HardSigmoid', [b.conv(few, { name: 'back', channels: 6, kernel: 1 })])]);
  },
  'Squeeze, Unsqueeze': (b, x) => {
    const pooled = b.node('GlobalAveragePool', [x]);
    return b.node('Unsqueeze', [b.node('Squeeze', [pooled, list(b, 2, 3)]), list(b, 1)]);
  },
  Transpose: (b, x) => b.node('Tanh', [b.node('Transpose', [x], { perm: ints(0, 2, 3, 1) })]),
  'Transpose there and back': (b, x) =>
    b.node('Transpose', [b.node('Transpose', [x], { perm: ints(0, 2, 3, 1) })], { perm: ints(0, 3, 1, 2) }),
  'Transpose of the plane': op('Transpose', { perm: ints(0, 1, 3, 2) }),
  'Concat of channels': (b, x) => b.node('Concat', [x, b.node('Relu', [x])], { axis: { int: 1 } }),
  'Concat of rows': (b, x) => b.node('Concat', [x, b.node('Exp', [x])], { axis: { int: -2 } }),
  'Concat of vectors': (b, x) => b.node('Concat', [b.flatten(x), b.flatten(b.node('Tanh', [x]))], { axis: { int: 1 } }),
  'Slice of channels': (b, x) => b.node('Slice', [x, list(b, 1), list(b, 5), list(b, 1)]),
  'Slice in steps': (b, x) => b.node('Slice', [x, list(b, 1, 7), list(b, 8, -9), list(b, 2, 3), list(b, 3, -2)]),
  'Slice from the end': (b, x) => b.node('Slice', [x, list(b, -3), list(b, 1000), list(b, 3)]),
  Pad: (b, x) => b.node('Pad', [x, list(b, 0, 1, 0, 2, 0, 0, 1, 0), scalar(b, 0.5)]),
  'Pad that cuts': (b, x) => b.node('Pad', [x, list(b, 0, -1, 1, 0, 0, 0, -2, 0)]),
  'ReduceMean of the plane': op('ReduceMean', { axes: ints(2, 3), keepdims: { int: 1 } }),
  'ReduceMean without the axes': op('ReduceMean', { axes: ints(2, 3), keepdims: { int: 0 } }),
  'ReduceMean of the channels': op('ReduceMean', { axes: ints(1), keepdims: { int: 0 } }),
  'ReduceSum of rows': (b, x) => b.node('ReduceSum', [x, list(b, -2)], { keepdims: { int: 1 } }),
  Gemm: (b, x) => b.gemm(b.flatten(x), { name: 'fc', size: 7 }),
  'Gemm with factors': (b, x) =>
    b.node('Gemm', [b.flatten(x), weights(b, 'fc', [384, 7], -0.1, 0.1), weights(b, 'c', [1, 7])], {
      alpha: { float: 0.5 },
      beta: { float: 2 },
    }),
  MatMul: (b, x) => b.node('MatMul', [b.flatten(x), weights(b, 'fc', [384, 7], -0.1, 0.1)]),
  'MatMul of planes': (b, x) => b.node('MatMul', [x, weights(b, 'fc', [8, 3])]),
  'MatMul of planes with their own': (b, x) => b.node('MatMul', [weights(b, 'left', [6, 3, 8]), x]),
  'MatMul of two stacks': (b, x) => b.node('MatMul', [x, b.node('Tanh', [x])]),
  Dropout: (b, x) => b.dropout(b.relu(x), { ratio: 0.4, name: 'drop' }),
  'Dropout of vectors': (b, x) => b.dropout(b.flatten(x), { ratio: 0.5, name: 'drop' }),
  'a tensor used three times': (b, x) => {
    const y = b.node('Tanh', [x]);
    return b.node('Mul', [b.node('Add', [y, b.node('Relu', [x])]), b.node('Sigmoid', [y])]);
  },
};

/** What needs inputs above zero. */
export const positiveLayers: Readonly<Record<string, Layer>> = {
  Sqrt: op('Sqrt'),
  Log: op('Log'),
  Reciprocal: op('Reciprocal'),
  // Near zero its gradient is whatever rounding makes of it.
  ReduceL2: op('ReduceL2', { axes: ints(2, 3) }),
  'Pow 1.7': (b, x) => b.node('Pow', [x, scalar(b, 1.7)]),
  'Pow of a learnt exponent': (b, x) => b.node('Pow', [x, weights(b, 'exponent', [6, 1, 1], 0.5, 2)]),
  'Pow of a vector': (b, x) => b.node('Pow', [x, b.constant('powers', float32([8], [1, 2, 3, 0.5, 1.5, 2, 1, 0.1]))]),
};

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];

/** A random network of `depth` layers: convolutions, pools, activations, normalisations, residuals, concatenations. */
export function randomGraph(seed: number, depth = 6): Graph {
  const random = createRandom(seed);
  const b = new GraphBuilder('random', { seed });
  let x = b.pixels(12, { mean: [120, 120, 120], scale: [1 / 64, 1 / 64, 1 / 64] });
  x = b.conv(x, { name: 'first', channels: 4 + 2 * random.integer(3) });
  for (let i = 0; i < depth; i++) {
    const [, c, h, w] = b.shape(x);
    const kinds: Record<string, () => string> = {
      conv: () => b.conv(x, { name: `conv${i}`, channels: 4 + 2 * random.integer(3), kernel: pick(random, [1, 3, 5]) }),
      strided: () => b.conv(x, { name: `strided${i}`, channels: 6, stride: h > 4 ? 2 : 1 }),
      depthwise: () => b.conv(x, { name: `depthwise${i}`, channels: c, groups: c, initial: 0.5 }),
      grouped: () => (c % 2 ? x : b.conv(x, { name: `grouped${i}`, channels: 4, groups: 2 })),
      standard: () => b.conv(x, { name: `standard${i}`, channels: 6, standardize: true }),
      relu: () => b.relu(x),
      leaky: () => b.node('LeakyRelu', [x], { alpha: { float: 0.2 } }),
      tanh: () => b.tanh(x),
      swish: () => b.node('HardSwish', [x]),
      maxPool: () => (h > 4 ? b.maxPool(x, { kernel: pick(random, [2, 3]), stride: 2 }) : x),
      paddedPool: () => (h > 4 ? b.maxPool(x, { kernel: 3, stride: 2, pad: 1 }) : x),
      averagePool: () => (h > 4 ? b.averagePool(x, { kernel: 3, stride: pick(random, [1, 2]), pad: 1 }) : x),
      norm: () => b.groupNorm(x, { name: `norm${i}`, groups: c % 2 ? 1 : 2 }),
      lrn: () => b.lrn(x, { size: 3, alpha: 0.1, beta: 0.75 }),
      residual: () => b.add(x, b.relu(b.conv(x, { name: `residual${i}`, channels: c }))),
      concat: () => b.node('Concat', [x, b.tanh(x)], { axis: { int: 1 } }),
      gate: () => {
        const squeezed = b.conv(b.globalAveragePool(x), { name: `gate${i}`, channels: c, kernel: 1 });
        return b.node('Mul', [x, b.node('Sigmoid', [squeezed])]);
      },
      scale: () => b.node('Mul', [x, weights(b, `scale${i}`, [c, 1, 1], 0.5, 1.5)]),
      dropout: () => b.dropout(x, { ratio: 0.25, name: `dropout${i}` }),
      slice: () => (w > 5 ? b.node('Slice', [x, list(b, 1), list(b, -1), list(b, 3)]) : x),
    };
    x = pick(random, Object.values(kinds))();
  }
  if (random.next() < 0.4) x = b.globalAveragePool(x);
  x = b.flatten(x);
  if (random.next() < 0.5) x = b.relu(b.gemm(x, { name: 'hidden', size: 9 }));
  b.bottleneck(x, { dimensions: 5 });
  return b.build();
}
