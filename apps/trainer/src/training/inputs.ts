/** @file What `train` learns from: the pixels of the training pictures, or what a frozen backbone makes of them. */
import { join } from 'node:path';
import { cacheFolder, type Dataset, loadPixels } from '@dqn/data';
import { type Graph, join as joinGraphs, preprocessModel } from '@dqn/onnx';
import {
  buildHead,
  buildNetwork,
  featureStatistics,
  type HeadSpec,
  type Recipe,
  type TrunkFeatures,
  trunkFeatures,
  type ViewPlan,
} from '@dqn/train';
import { openTrunk } from '../backbone/open.ts';
import { bytes, type Console, count } from '../console.ts';
import { defined } from '../options.ts';
import { ORT_MODULE } from '../ort.ts';
import { openPreprocess } from '../pixels.ts';

/** The pictures and how they are read. */
export interface Reading {
  readonly dataset: Dataset;
  readonly rows: Uint32Array;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly strict: boolean | undefined;
  readonly workers: number | undefined;
  readonly signal: AbortSignal;
}

/** What learns, and from what. */
export interface Inputs {
  readonly graph: Graph;
  readonly preprocess: Graph;
  readonly pixels?: Uint8Array;
  readonly features?: TrunkFeatures;
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
  const { size } = recipe;
  const { cut, features: named, pixels } = flags;
  const opened = await openTrunk(flags.backbone, {
    size,
    signal: o.signal,
    onNotice: (line) => console.note(line),
    ...defined({ cut, features: named, pixels }),
  });
  const preprocess = preprocessModel({ size });
  const show = async (what: string, trunk: Graph, at: string, views: ViewPlan) => {
    const bar = console.progress(what);
    const result = await trunkFeatures({
      ...{ trunk, preprocess, size, views, rows: o.rows, ortModule: ORT_MODULE, strict: o.strict, signal: o.signal },
      read: (row, signal) => dataset.read(row, signal),
      cache: join(cacheFolder(), 'features'),
      workers: o.workers,
      onProgress: (done, total) => bar.update(done, total, 'views'),
    }).finally(() => bar.stop());
    const { cached, computed, cache } = result;
    console.note(
      `Features at ${at}: ${count(computed)} views computed, ${count(cached)} from the cache${cache ? ` ${cache.folder} (${bytes(cache.bytes)})` : ''}`,
    );
    return result;
  };
  const { trunk, tail } = opened;
  const frozen = trunk && (await show('Frozen part', trunk, opened.cut, recipe.views));
  // Behind a cut inside the backbone the head sees features that change; it begins from their first statistics.
  const whole = tail && (trunk ? joinGraphs(trunk, tail) : tail);
  const once = { ...recipe.views, flip: false, crops: 0 };
  const { features: pooled } = whole ? await show('First features', whole, opened.features, once) : frozen!;
  const head = buildHead(recipe.network, featureStatistics(pooled), o.seed);
  const graph = tail ? joinGraphs(tail, head) : head;
  if (!frozen) return pixelInputs(console, o, graph);
  const { features, rows, leftOut } = frozen;
  const skipped = leftOut.map(({ row, error }) => ({ id: dataset.id(row), error }));
  return { graph, preprocess, features, rows, skipped };
}
