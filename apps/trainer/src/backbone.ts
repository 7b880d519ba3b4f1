/** @file A pretrained ONNX network as the beginning of the one that learns. */

import { readFileChecked } from '@dqn/format/node';
import { CONSTANT_PREFIX, cut, type Graph, onBackbone, readModel, renameTensors } from '@dqn/onnx';
import { TrainerError } from './errors.ts';

/** What a pretrained network expects of its pixels: (pixel − mean) · scale, pixels 0–255. */
const CONVENTIONS = {
  /** ImageNet's mean and deviation: torchvision, timm. */
  torch: { mean: [123.675, 116.28, 103.53], scale: [1 / 58.395, 1 / 57.12, 1 / 57.375], channels: 'rgb' },
  /** −1 to 1: TensorFlow's MobileNets. */
  tf: { mean: [127.5, 127.5, 127.5], scale: [1 / 127.5, 1 / 127.5, 1 / 127.5], channels: 'rgb' },
  /** BGR less the mean: Caffe's networks. */
  caffe: { mean: [104, 117, 123], scale: [1, 1, 1], channels: 'bgr' },
} as const;

/** Names of the conventions, for the help. */
export const PIXEL_CONVENTIONS = Object.keys(CONVENTIONS) as (keyof typeof CONVENTIONS)[];

/** How a backbone is used. */
export interface BackboneUse {
  /** Edge of its input in pixels. */
  size: number;
  /** D of the bottleneck behind it. */
  dimensions: number;
  seed: number;
  pixels: keyof typeof CONVENTIONS;
  /** The tensor that the bottleneck stands on. Default: the output `features`, else what the last layer with weights reads. */
  features?: string;
  /** Weights before this tensor stay as they are. */
  cut?: string;
}

/**
 * Reads a backbone and puts pixels before and a bottleneck behind it.
 *
 * @throws OnnxError for files and operations that aren't understood, UNKNOWN_TENSOR for names that aren't there
 */
export async function openBackbone(file: string, use: BackboneUse): Promise<Graph> {
  const backbone = readModel(await readFileChecked(file));
  const { pixels, size, dimensions, seed } = use;
  const features = use.features ?? findFeatures(backbone);
  const graph = onBackbone(backbone, { ...CONVENTIONS[pixels], features, size, dimensions, seed });
  return use.cut === undefined ? graph : freeze(graph, use.cut);
}

/** Turns the weights before a tensor into constants, which don't learn. */
export function freeze(graph: Graph, tensor: string): Graph {
  const { trunk, tail } = cut(graph, tensor);
  const frozen = [...trunk.initializers.keys()].filter((name) => !tail.initializers.has(name));
  return renameTensors(graph, (name) =>
    frozen.includes(name) && !name.startsWith(CONSTANT_PREFIX) ? CONSTANT_PREFIX + name : name,
  );
}

/** Operations that hand their input on, as far as features are concerned. */
const PASSING = new Set(['Dropout', 'Flatten', 'Identity', 'Reshape', 'Squeeze']);

function findFeatures(graph: Graph): string {
  if (graph.outputs.some(({ name }) => name === 'features')) return 'features';
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const last = graph.nodes.findLast(({ op }) => ['Gemm', 'MatMul', 'Conv'].includes(op));
  if (!last) {
    throw new TrainerError(
      'WRONG_USAGE',
      `the backbone ${graph.name} has no layer with weights: name its features by --features`,
    );
  }
  let name = last.inputs[0];
  for (let maker = makers.get(name); maker && PASSING.has(maker.op); maker = makers.get(name)) name = maker.inputs[0];
  return name;
}
