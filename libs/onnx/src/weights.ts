/** @file Storing weights small: half precision or 8 bits, expanded by the graph itself. */
import { intAttribute } from './attributes.ts';
import { CONSTANT_PREFIX } from './builder.ts';
import { tensorNames } from './cut.ts';
import { OnnxError } from './errors.ts';
import { toHalf } from './float16.ts';
import { fold } from './fold.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { float32, tensor } from './tensor.ts';

/** How weights are stored: 4, 2 or 1 byte each. */
export type WeightFormat = 'f32' | 'f16' | 'i8';

/** Weights of fewer elements stay float32: biases and gains cost nothing and steer much. */
const SMALLEST = 256;

/** Largest finite half-precision number. */
const HALF_MAX = 65504;

/**
 * The graph with its float32 weights (two axes or more, at least 256 elements, not `const.…`) stored as `format`:
 * - `f16`: float16 and a Cast;
 * - `i8`: int8, a Cast and a Mul by one float32 scale per output channel, chosen so that its largest weight is 127;
 * - `f32`: plain.
 *
 * ONNX Runtime folds both forms when it loads a model: they run at float32 speed. Weights that are stored small in
 * `graph` are expanded first, so the format can be changed back and forth (what was rounded stays rounded). A weight
 * beyond ±65,504 keeps float32 under `f16`.
 *
 * Throws BAD_OPTION for another format.
 */
export function weightsAs(graph: Graph, format: WeightFormat): Graph {
  if (format !== 'f32' && format !== 'f16' && format !== 'i8') {
    throw new OnnxError('BAD_OPTION', `weights can be stored as f32, f16 or i8, not "${format}"`);
  }
  const plain = fold(graph);
  if (format === 'f32') return plain;
  const taken = new Set(tensorNames(plain));
  const initializers = new Map<string, Tensor>();
  const nodes: Node[] = [];
  const add = (op: string, inputs: string[], output: string, attributes: Node['attributes'] = {}) =>
    nodes.push({ op, name: `${output}.${op.toLowerCase()}`, inputs, outputs: [output], attributes });
  const to = { to: { int: 1 } }; // float32
  for (const [name, value] of plain.initializers) {
    const small = value.type === 'float32' && value.dims.length >= 2 && value.data.length >= SMALLEST;
    const stored = [`${name}.stored`, `${name}.scale`, `${name}.cast`];
    if (!small || name.startsWith(CONSTANT_PREFIX) || stored.some((other) => taken.has(other))) {
      initializers.set(name, value);
      continue;
    }
    const data = value.data as Float32Array;
    if (format === 'f16') {
      if (data.some((weight) => Math.abs(weight) > HALF_MAX)) {
        initializers.set(name, value);
        continue;
      }
      const halves = new Uint16Array(data.length);
      for (let i = 0; i < halves.length; i += 1) halves[i] = toHalf(data[i]!);
      initializers.set(stored[0]!, tensor('float16', value.dims, halves));
      add('Cast', [stored[0]!], name, to);
    } else {
      const { bytes, scales } = quantize(data, value.dims, channelAxis(plain, name, value.dims.length));
      initializers.set(stored[0]!, bytes);
      initializers.set(stored[1]!, scales);
      add('Cast', [stored[0]!], stored[2]!, to);
      add('Mul', [stored[2]!, stored[1]!], name);
    }
  }
  return { ...plain, nodes: [...nodes, ...plain.nodes], initializers };
}

/** The axis of a weight that counts output channels, by the operation that reads it. */
function channelAxis(graph: Graph, name: string, rank: number): number {
  const reader = graph.nodes.find((node) => node.inputs[1] === name);
  if (reader?.op === 'MatMul') return rank - 1;
  if (reader?.op === 'Gemm') return intAttribute(reader, 'transB', 0) ? 0 : 1;
  return reader?.op === 'ConvTranspose' ? 1 : 0;
}

/** Symmetric 8-bit quantization with one scale a channel along `axis`. */
function quantize(data: Float32Array, dims: readonly number[], axis: number): { bytes: Tensor; scales: Tensor } {
  const channels = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const largest = new Float64Array(channels);
  for (let i = 0; i < data.length; i += 1) {
    const channel = Math.floor(i / inner) % channels;
    largest[channel] = Math.max(largest[channel]!, Math.abs(data[i]!));
  }
  // Rounded to float32 first: the graph multiplies by what is stored, not by what was meant.
  const scales = Float32Array.from(largest, (value) => (value > 0 ? value / 127 : 1));
  const bytes = new Int8Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const scaled = Math.round(data[i]! / scales[Math.floor(i / inner) % channels]!);
    bytes[i] = Math.max(-127, Math.min(127, scaled));
  }
  const shape = dims.map((_, d) => (d === axis ? channels : 1));
  return { bytes: tensor('int8', dims, bytes), scales: float32(shape, scales) };
}
