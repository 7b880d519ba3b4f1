/**
 * @file A frozen trunk shown every picture once: features from the cache where they are there, else computed and kept.
 */

import type { Picture } from '@dqn/data';
import { type Graph, writeModel } from '@dqn/onnx';
import { loadOrt, providerOf } from '../engine/onnxruntime/ort.ts';
import { sha256 } from '../run.ts';
import type { TrunkFeatures } from '../train.ts';
import { FeatureCache } from './cache.ts';
import { trunkWidth } from './fresh.ts';
import { poolSize, TrunkPool } from './pool.ts';
import { Show } from './show.ts';
import { type ViewPlan, viewCount } from './views.ts';

/** Which features are wanted, and where they are kept. */
export interface TrunkOptions {
  /** `image` uint8 [N, size, size, 3] → float32 [N, …]: what lies before the cut. */
  readonly trunk: Graph;
  /** Decoded picture → [1, size, size, 3]. */
  readonly preprocess: Graph;
  /** Edge of the trunk's input, pixels. */
  readonly size: number;
  /** The rows of a data set, say. */
  readonly rows: ArrayLike<number>;
  /** Decodes one row; a DataError UNREADABLE_PICTURE or PICTURE_TOO_LARGE leaves it out. */
  readonly read: (row: number, signal?: AbortSignal) => Promise<Picture>;
  readonly views: ViewPlan;
  /** The folder that holds the caches of all trunks; absent: nothing is kept. */
  readonly cache: string | undefined;
  /** See `TrainOptions.ortModule`. */
  readonly ortModule: string;
  /** Threads. Default: see `poolSize`. */
  readonly workers?: number | undefined;
  /** Stop at the first unreadable picture instead of leaving it out. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with views done and views in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture that couldn't be read. */
export interface LeftOut {
  readonly row: number;
  readonly error: Error;
}

/** What {@link trunkFeatures} gives. */
export interface TrunkResult {
  readonly features: TrunkFeatures;
  /** Numbers of one view. */
  readonly width: number;
  /** The rows that could be read, in their order: the images of the features. */
  readonly rows: Uint32Array;
  readonly leftOut: readonly LeftOut[];
  /** Views that came from the cache, and that were computed. */
  readonly cached: number;
  readonly computed: number;
  /** The trunk's folder in the cache and its bytes, all files together. */
  readonly cache: { readonly folder: string; readonly bytes: number } | undefined;
}

/**
 * The features of every view of every picture.
 *
 * @throws TrainError CANT_WRITE (a full disk; what was kept stays), ENGINE_FAILED, ABORTED, TOO_FEW_IMAGES where not one
 *   picture can be read; DataError with `strict`
 */
export async function trunkFeatures(o: TrunkOptions): Promise<TrunkResult> {
  const trunk = writeModel(o.trunk);
  const preprocess = writeModel(o.preprocess);
  const width = trunkWidth(o.trunk, o.size);
  const provider = providerOf(await loadOrt(o.ortModule));
  // Another provider rounds otherwise: its features aren't mixed with the CPU's.
  const trunkSha256 = sha256(trunk, preprocess, provider === 'cpu' ? '' : provider);
  const cache = o.cache === undefined ? undefined : await FeatureCache.open(o.cache, { trunkSha256, width });
  let pool: Promise<TrunkPool> | undefined;
  const openPool = (): Promise<TrunkPool> => {
    const workers = poolSize(provider, o.workers);
    pool ??= TrunkPool.open({ ortModule: o.ortModule, preprocess, trunk, size: o.size, width }, workers);
    return pool;
  };
  try {
    const work = new Show(o, width, cache, openPool);
    await work.run();
    const { rows, keys, values } = work.result();
    const features: TrunkFeatures = {
      values,
      views: viewCount(o.views),
      images: rows.length,
      trunk: o.trunk,
      sha256: sha256(trunkSha256, JSON.stringify(keys)),
    };
    return {
      ...{ features, width, rows, leftOut: work.leftOut, cached: work.cached, computed: work.computed },
      cache: cache && { folder: cache.folder, bytes: cache.bytes },
    };
  } finally {
    await pool?.then((open) => open.close()).catch(() => {});
    await cache?.close();
  }
}
