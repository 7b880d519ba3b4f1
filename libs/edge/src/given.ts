/** @file What a page gives a retriever: pictures in any form, and how calls are heard of and ended. */

import type { Drawable, PortablePicture } from './decode.ts';
import type { EngineSearchOptions, ItemQuery } from './engine.ts';
import type { OwnProgress } from './own/state.ts';

/** How to search. */
export interface EdgeSearchOptions extends EngineSearchOptions {
  /** Gives the search up: a live camera's next frame is more welcome than this one's hits. */
  readonly signal?: AbortSignal;
}

/** A picture in any form that a page has it. */
export type EdgePicture =
  | Blob
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas;

/** A picture to be added to one's own. */
export interface OwnPicture {
  /** One that is there is replaced. A new random one unless told. */
  readonly id?: string;
  readonly picture: EdgePicture;
  readonly labels?: readonly string[];
}

/** How a call is heard of and ended. */
export interface OwnCallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OwnProgress) => void;
}

/** What can be searched by. */
export type EdgeQuery = EdgePicture | Float32Array | ItemQuery;

/** Bitmaps and frames that were made of what was given. */
export function ownOf(given: readonly EdgePicture[], portable: readonly PortablePicture[]): Transferable[] {
  return portable.filter((picture, i) => picture !== given[i]) as Drawable[];
}

/** Elements have ids, too: an item is a plain object. */
export function isItem(query: EdgePicture | ItemQuery): query is ItemQuery {
  if (typeof query !== 'object' || query === null) return false;
  return 'row' in query || Object.getPrototypeOf(query) === Object.prototype;
}
