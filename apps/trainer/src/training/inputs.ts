/** @file What `train` learns from: the pixels of the training pictures, or what a frozen backbone makes of them. */
import { join } from 'node:path';
import { cacheFolder, type Dataset, loadPixels } from '@dqn/data';
import { type Graph, preprocessModel } from '@dqn/onnx';
import {
  type BackboneFacts,
  buildHead,
  buildNetwork,
  type HeadSpec,
  joinTrunk,
  type Recipe,
  type TrainOptions,
  type TrunkResult,
  trunkFeatures,
  type ViewPlan,
} from '@dqn/train';
import { type OpenedTrunk, openTrunk, type TrunkUse } from '../backbone/open.ts';
import { pixelsText } from '../backbone/pixels.ts';
import { bytes, type Console, count } from '../console.ts';
import { defined } from '../options.ts';
import { openPreprocess } from '../pixels.ts';

/** The pictures and how they are read. */
export interface Reading {
  readonly dataset: Dataset;
  readonly rows: Uint32Array;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly strict: boolean | undefined;
  readonly workers: number | undefined;
  /** See `TrainOptions.ortModule`. */
  readonly ortModule: string;
  readonly signal: AbortSignal;
}

/** What learns, and from what. */
export interface Inputs extends Pick<TrainOptions, 'pixels' | 'features' | 'fresh' | 'head'> {
  readonly graph: Graph;
  readonly preprocess: Graph;
  readonly backbone?: BackboneFacts;
  /** The rows that could be read. */
  readonly rows: Uint32Array;
  readonly skipped: readonly { readonly id: string; readonly error: Error }[];
}

/** The backbone as it was asked for. */
export interface BackboneFlags {
  readonly backbone: string;
  readonly cut?: string | undefined;
  readonly features?: string | undefined;
  readonly pixels?: string | undefined;
}

/**
 * The pixels, for a network that learns whole.
 *
 * @param graph - default: the recipe's own network
 */
export async function pixelInputs(console: Console, o: Reading, graph?: Graph): Promise<Inputs> {
  const { dataset, recipe, signal } = o;
  const stored = recipe.storedSize ?? recipe.size;
  const { toPixels, close } = await openPreprocess(preprocessModel({ size: stored }), stored);
  const reading = console.progress('Reading');
  const { pixels, rows, skipped } = await loadPixels(dataset, o.rows, toPixels, {
    size: stored,
    strict: o.strict,
    signal,
    onProgress: ({ done, total }) => reading.update(done, total, 'pictures'),
  }).finally(close);
  reading.stop();
  return {
    graph: graph ?? buildNetwork(recipe, { seed: o.seed, images: { pixels, stored } }),
    preprocess: preprocessModel({ size: recipe.size, resize: stored }),
    ...{ pixels, rows, skipped },
  };
}

/** Features of a backbone up to the cut, and what learns behind it: the rest of the backbone, and a head. */
export async function featureInputs(
  console: Console,
  flags: BackboneFlags,
  o: Reading & { readonly recipe: Recipe & { readonly network: HeadSpec; readonly views: ViewPlan } },
): Promise<Inputs> {
  const { recipe, dataset } = o;
  const { views } = recipe;
  const opened = await openBackbone(console, flags, o);
  const { trunk, tail } = opened;
  const backbone = backboneFacts(opened);
  const preprocess = preprocessModel({ size: recipe.size });
  const frozen = trunk && (await showTrunk(console, 'Frozen part', { ...o, trunk, at: opened.cut, views }));
  // Behind a cut inside the backbone the head sees features that change; it begins from their first statistics.
  const once = { ...views, flip: false, crops: 0 };
  const { features: pooled } = tail
    ? await showTrunk(console, 'First features', { ...o, trunk: opened.whole, at: opened.features, views: once })
    : frozen!;
  // Where the features learn, too, they keep away from roots, whose slope at 0 is infinite.
  const head = buildHead(tail ? { ...recipe.network, root: false } : recipe.network, pooled, o.seed);
  const graph = tail ? joinTrunk(tail, head) : head;
  if (!frozen) return { ...(await pixelInputs(console, o, graph)), backbone };
  const { features, rows, leftOut } = frozen;
  return { graph, preprocess, features, backbone, rows, skipped: skippedOf(dataset, leftOut) };
}

/** A backbone as it was asked for. */
export function openBackbone(
  console: Console,
  { backbone, cut, features, pixels }: BackboneFlags,
  o: Pick<Reading, 'recipe' | 'signal'> & Pick<TrunkUse, 'defaultCut'>,
): Promise<OpenedTrunk> {
  const { signal, recipe } = o;
  return openTrunk(backbone, {
    ...{ size: recipe.size, signal, onNotice: (line: string) => console.note(line) },
    ...defined({ cut, features, pixels, defaultCut: o.defaultCut }),
  });
}

/** Shows a trunk the views of the training pictures, with the cache at hand. */
export async function showTrunk(
  console: Console,
  what: string,
  o: Reading & { readonly trunk: Graph; readonly at: string; readonly views: ViewPlan },
): Promise<TrunkResult> {
  const { dataset, recipe, trunk, at, rows, views, strict, workers, ortModule, signal } = o;
  const { size } = recipe;
  const bar = console.progress(what);
  const result = await trunkFeatures({
    ...{ trunk, preprocess: preprocessModel({ size }), size, views, rows, strict, workers, ortModule, signal },
    read: (row, signal) => dataset.read(row, signal),
    cache: join(cacheFolder(), 'features'),
    onProgress: (done, total) => bar.update(done, total, 'views'),
  }).finally(() => bar.stop());
  const { cached, computed, cache, features } = result;
  // Equal pictures are computed once.
  const equal = features.views * features.images - computed - cached;
  console.note(
    `Features at the cut ${at}: ${count(computed)} views computed, ${count(cached)} from the cache${equal > 0 ? `, ${count(equal)} the same as others` : ''}${cache ? ` ${cache.folder} (${bytes(cache.bytes)})` : ''}`,
  );
  return result;
}

/** What run.json says about a backbone. */
export function backboneFacts({ name, sha256, features, pixels, trunk, cut }: OpenedTrunk): BackboneFacts {
  return { name, sha256, features, pixels: pixelsText(pixels), ...(trunk && { cut }) };
}

/** Pictures that couldn't be read, by their names. */
export function skippedOf(dataset: Dataset, leftOut: TrunkResult['leftOut']): Inputs['skipped'] {
  return leftOut.map(({ row, error }) => ({ id: dataset.id(row), error }));
}
