/** @file What a page can read of what was opened. */

import type { CodebookFile } from '@dqn/format';
import type { Explanation } from '@dqn/pq';
import type { Model } from '@dqn/runtime';
import type { DownloadedGallery } from './load/gallery.ts';
import type { EdgeProvider, EdgeRuntime } from './provider.ts';

/** What was opened. It may become another: `onChange` of openRetriever tells. */
export interface EdgeInfo {
  readonly provider: EdgeProvider;
  /** Why WebGPU isn't used, also when it was lost; empty where it is. */
  readonly refused: string;
  readonly threads: number;
  /** Side of the network's input in pixels. */
  readonly size: number;
  readonly codebook: Omit<CodebookFile, 'codewords'>;
  /** Where one was opened. */
  readonly gallery?: {
    /** Items; their rows are below `rows`, and some of those may be free. */
    readonly count: number;
    readonly rows: number;
    readonly classes: readonly string[];
    readonly thumbnailType: string;
    /** Bytes of the file, and whether it is read by ranges. */
    readonly size: number;
    readonly ranges: boolean;
    /** Whether all ids and labels are here: nothing but pictures is asked for any more. */
    readonly complete: boolean;
  };
  /** How the gallery's items are arranged for searching. */
  readonly index?: Explanation;
  /** Bytes of the model's files. */
  readonly modelBytes: number;
  readonly storage: StorageInfo;
}

/** How downloads are kept in the browser. */
export interface StorageInfo {
  /** Why nothing is kept for the next visit; empty where it is. */
  readonly refused: string;
  /** Why the server could not be asked, so that what is shown may be old; empty where it was asked. */
  readonly offline: string;
}

/** Puts together what there is. */
export function infoOf(o: {
  runtime: EdgeRuntime;
  model: Model;
  modelBytes: number;
  gallery: DownloadedGallery | undefined;
  complete: boolean;
  storage: StorageInfo;
}): EdgeInfo {
  const { codewords: _, ...codebook } = o.model.codebook;
  const { provider, refused, threads } = o.runtime;
  const { modelBytes, storage, gallery, complete } = o;
  const info = { provider, refused, threads, size: o.model.size, codebook, modelBytes, storage };
  if (gallery === undefined) return info;
  const { count, rows, classes, thumbnailType } = gallery.meta;
  const { size, ranges } = gallery.transfer;
  return {
    ...info,
    gallery: { count, rows, classes, thumbnailType, size, ranges, complete },
    index: gallery.explain(),
  };
}
