/** @file What a pretrained network wants to be fed: layout, colour order, range. */
import { intsAttribute } from '../attributes.ts';
import { OnnxError } from '../errors.ts';
import type { Graph, Value } from '../graph.ts';

/** What becomes of pixels 0-255 before a network sees them: (pixel - mean) * scale by channel, in the order `channels`. */
export interface PixelScaling {
  readonly channels: 'rgb' | 'bgr';
  /** Three numbers each, in the order of `channels`. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** Where the channels stand: [N, 3, H, W] or [N, H, W, 3]. */
export type PixelLayout = 'nchw' | 'nhwc';

/** What the graph itself says about its input. */
export interface InputFacts {
  readonly input: Value;
  /** Undefined where its dims leave it open. */
  readonly layout: PixelLayout | undefined;
  /** [height, width] where they are fixed or the metadata names them. */
  readonly size: readonly [number, number] | undefined;
  /** Undefined where neither the element type nor the metadata say it. */
  readonly pixels: PixelScaling | undefined;
}

const same = (value: number): number[] => [value, value, value];

/** Ranges of ONNX's own metadata for pictures (docs/MetadataProps.md): (pixel - mean) * scale. */
const NOMINAL_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  nominalrange_0_255: [0, 1],
  normalized_0_1: [0, 1 / 255],
  normalized_1_1: [127.5, 1 / 127.5],
};

/** Three numbers as a list or as JSON. */
function triple(text: string | undefined): number[] | undefined {
  const numbers = (text ?? '')
    .replace(/[[\]()]/g, ' ')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  if (numbers.length === 1) numbers.push(numbers[0]!, numbers[0]!);
  return numbers.length === 3 && numbers.every(Number.isFinite) ? numbers : undefined;
}

/**
 * What metadata_props say about pixels: ONNX's `Image.BitmapPixelFormat` (Rgb8, Bgr8) with `Image.NominalPixelRange`
 * (NominalRange_0_255, Normalized_0_1, Normalized_1_1); or `mean` and `std` (three numbers each, in units of 0-255, or
 * of 0-1 where no mean is above 1) with `channels` or `color_format` (RGB, the default, or BGR). Keys may carry a
 * prefix that ends in a dot. Undefined where they say too little.
 */
export function pixelsFromMetadata(metadata: Readonly<Record<string, string>>): PixelScaling | undefined {
  const entries = new Map(
    Object.entries(metadata).map(([key, value]) => [key.toLowerCase().replace(/^.*\./, ''), value]),
  );
  const order = entries.get('bitmappixelformat') ?? entries.get('channels') ?? entries.get('color_format') ?? 'rgb';
  const channels = /^bgr/i.test(order) ? 'bgr' : 'rgb';
  const mean = triple(entries.get('mean') ?? entries.get('image_mean'));
  const deviation = triple(entries.get('std') ?? entries.get('image_std'));
  if (mean && deviation?.every((value) => value > 0)) {
    const unit = mean.every((value) => value <= 1) && deviation.every((value) => value <= 1) ? 255 : 1;
    return { channels, mean: mean.map((m) => m * unit), scale: deviation.map((s) => 1 / (s * unit)) };
  }
  const range = NOMINAL_RANGES[(entries.get('nominalpixelrange') ?? '').toLowerCase()];
  return range && { channels, mean: same(range[0]), scale: same(range[1]) };
}

/** The layout by the dims, else by what the first node that reads the input does with it. */
function layoutOf(graph: Graph, { name, dims }: Value): PixelLayout | undefined {
  if (dims[1] === 3 && dims[3] !== 3) return 'nchw';
  if (dims[3] === 3 && dims[1] !== 3) return 'nhwc';
  const reader = graph.nodes.find((node) => node.inputs[0] === name);
  if (reader?.op === 'Conv') return 'nchw';
  if (reader?.op === 'Transpose' && intsAttribute(reader, 'perm')?.join() === '0,3,1,2') return 'nhwc';
  return undefined;
}

/**
 * What a network says about its input. Bytes (uint8) are taken as pixels 0-255 in RGB.
 *
 * Throws INVALID_GRAPH unless it takes one tensor of four axes that can hold pictures of three channels, UNSUPPORTED
 * where that is neither float32 nor uint8.
 */
export function inputFacts(graph: Graph): InputFacts {
  const [input] = graph.inputs;
  const listed = graph.inputs.map((value) => `${value.name}: ${value.type} [${value.dims}]`).join(', ') || 'nothing';
  const wanted = 'expected one input of pictures, float32 [N, 3, H, W] or [N, H, W, 3]';
  if (!input || graph.inputs.length > 1) {
    throw new OnnxError('INVALID_GRAPH', `the network "${graph.name}" takes ${listed}; ${wanted}`);
  }
  if (input.type === 'float16' || input.type === 'float64') {
    throw new OnnxError(
      'UNSUPPORTED',
      `the network "${graph.name}" takes ${listed} and computes in ${input.type}; ${wanted}: export it in float32`,
    );
  }
  const unknown = input.dims[0] === '...';
  const picture =
    unknown || (input.dims.length === 4 && input.dims.slice(1).some((d) => d === 3 || d === input.dims[1]));
  const holdsColours = unknown || [input.dims[1], input.dims[3]].some((size) => size === 3 || typeof size === 'string');
  if ((input.type !== 'float32' && input.type !== 'uint8') || !picture || !holdsColours) {
    throw new OnnxError('INVALID_GRAPH', `the network "${graph.name}" takes ${listed}; ${wanted}`);
  }
  const layout = layoutOf(graph, input);
  const [height, width] = layout === 'nhwc' ? [input.dims[1], input.dims[2]] : [input.dims[2], input.dims[3]];
  const bytes = input.type === 'uint8' ? { channels: 'rgb' as const, mean: same(0), scale: same(1) } : undefined;
  return {
    input,
    layout,
    size: layout && typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined,
    pixels: bytes ?? pixelsFromMetadata(graph.metadata),
  };
}
