/** @file A pretrained ONNX network as the beginning of the one that learns: a frozen trunk, and a tail. */

import { basename } from 'node:path';
import {
  backboneGraph,
  cut,
  findFeatures,
  type Graph,
  inputFacts,
  OnnxError,
  tensorNames,
  trainableParameters,
} from '@dqn/onnx';
import { TrainerError } from '../errors.ts';
import { CATALOGUE } from './catalogue.ts';
import { type Located, type LocateOptions, locateBackbone, readLocated } from './locate.ts';
import { PIXELS_HELP, type PixelSpec, parsePixels } from './pixels.ts';

/** How a backbone is used. */
export interface TrunkUse extends LocateOptions {
  /** Edge of its input in pixels. */
  readonly size: number;
  /**
   * What it expects of its pixels, as {@link parsePixels} reads it. Default: what the catalogue knows about the file,
   * else what the network itself says.
   */
  readonly pixels?: string;
  /** The tensor that the head stands on. Default: {@link findFeatures}. */
  readonly features?: string;
  /** Where the frozen trunk ends: one of `dqn inspect`'s cuts, or `input`. Default: `defaultCut`. */
  readonly cut?: string;
  /** Chooses a cut of the folded network. Default: the pooled features. */
  readonly defaultCut?: (graph: Graph) => string;
}

/** A backbone in two parts. Both are folded, of operator set 17, for any batch, with explicit pads. */
export interface OpenedTrunk {
  /** `image` uint8 [N, size, size, 3] → features float32 [N, C]: both parts, the same graph wherever it is cut. */
  readonly whole: Graph;
  /** `image` → float32 tensor at the cut; undefined for a cut at the input. */
  readonly trunk: Graph | undefined;
  /** The cut tensor (or `image`) → features float32 [N, C]; undefined where nothing behind the cut learns. */
  readonly tail: Graph | undefined;
  /** The tensor at the cut as it is called in the trunk; `image` for a cut at the input. */
  readonly cut: string;
  /** The tensor that holds the features, as the file calls it. */
  readonly features: string;
  readonly pixels: PixelSpec;
  readonly path: string;
  /** Its name in the catalogue, or its file's. */
  readonly name: string;
  readonly sha256: string;
}

/**
 * What a network expects of its pixels: what is asked for, else what the catalogue knows, else what the network says.
 *
 * @throws TrainerError WRONG_USAGE where nobody knows
 */
export function pixelsOf(located: Pick<Located, 'path' | 'known'>, graph: Graph, asked?: string): PixelSpec {
  if (asked !== undefined) return parsePixels(asked);
  const pixels = located.known ? parsePixels(located.known.pixels) : inputFacts(graph).pixels;
  if (pixels) return pixels;
  throw new TrainerError(
    'WRONG_USAGE',
    `what ${located.path} expects of its pixels isn't known: it is none of the catalogue and its metadata don't say it. Give --pixels: ${PIXELS_HELP}`,
  );
}

/**
 * Opens a pretrained network as a frozen trunk and a tail that learns.
 *
 * @param nameOrFile - a path, or a name of the catalogue
 * @throws TrainerError WRONG_USAGE, BACKBONE_MISSING; OnnxError for files and operations that aren't understood, and
 *   for cuts that aren't there or don't part the network in one place (the message names the nearest)
 */
export async function openTrunk(nameOrFile: string, use: TrunkUse): Promise<OpenedTrunk> {
  // Before a network is fetched: whether what is said of it can be meant.
  if (use.pixels !== undefined) parsePixels(use.pixels);
  const located = await locateBackbone(nameOrFile, use);
  const file = readLocated(located);
  const pixels = pixelsOf(located, file, use.pixels);
  const features = use.features ?? findFeatures(file);
  const { path, sha256, known } = located;
  const name = CATALOGUE.find(({ files }) => files.some((entry) => entry === known))?.name ?? basename(path);
  const graph = sized(file, use.size, () => backboneGraph(file, { ...pixels, features, size: use.size }));
  const facts = { whole: graph, features, pixels, path, name, sha256 };
  const end = graph.outputs[0].name;
  const whole: OpenedTrunk = { ...facts, trunk: graph, tail: undefined, cut: end };
  const asked = use.cut ?? use.defaultCut?.(graph);
  if (asked === undefined) return whole;
  if (['input', 'image', file.inputs[0].name].includes(asked)) {
    return { ...facts, trunk: undefined, tail: graph, cut: 'image' };
  }
  const tensor = nameAfterFolding(file, graph, asked);
  if (!tensorNames(graph).includes(tensor) && isNotBefore(file, tensor, features)) {
    throw new TrainerError(
      'WRONG_USAGE',
      `--cut ${asked} lies behind or beside the features (${features}) that the head stands on: they are not computed from it. npx dqn inspect ${located.path} lists the cuts`,
    );
  }
  if (tensor === end) return whole;
  const { trunk, tail } = cut(graph, tensor);
  // Behind the last weights nothing learns: the features are smaller than what is pooled to them.
  return trainableParameters(tail).length === 0 ? whole : { ...facts, trunk, tail, cut: tensor };
}

/** Says which --size would do where the network takes only the one that it was exported with. */
function sized(file: Graph, size: number, make: () => Graph): Graph {
  try {
    return make();
  } catch (error) {
    const [height, width] = inputFacts(file).size ?? [];
    if (!(error instanceof OnnxError) || error.code !== 'SHAPE_MISMATCH' || height === undefined || height === size) {
      throw error;
    }
    const hint = height === width ? `give --size ${height}` : `pictures here are square, so export it for any size`;
    throw new OnnxError(error.code, `${error.message}; ${hint}`, { cause: error });
  }
}

/** Whether a tensor is there, but the features are not computed from it. */
function isNotBefore(graph: Graph, tensor: string, features: string): boolean {
  const needed = new Set([features]);
  // Nodes are in the order in which they can be computed.
  for (const { inputs, outputs } of graph.nodes.toReversed()) {
    if (outputs.some((name) => needed.has(name))) for (const name of inputs) needed.add(name);
  }
  return tensorNames(graph).includes(tensor) && !needed.has(tensor);
}

/** Identity and Dropout vanish when a network is folded: what they made is what they read. */
function nameAfterFolding(file: Graph, folded: Graph, tensor: string): string {
  const names = new Set(tensorNames(folded));
  const makers = new Map(file.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let name = tensor;
  for (let maker = makers.get(name); maker && !names.has(name); maker = makers.get(name)) {
    if (maker.op !== 'Identity' && maker.op !== 'Dropout') return tensor;
    name = maker.inputs[0];
  }
  return name;
}
