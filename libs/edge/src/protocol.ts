/** @file Messages between the page and its worker. */

import type { EngineOptions } from './engine.ts';
import type { PlainError } from './errors.ts';
import type { EdgeInfo } from './info.ts';
import type { OwnState } from './own/state.ts';
import type { EdgeProgress } from './progress.ts';

/** What the page may call once the engine is open. */
export type Method =
  | 'search'
  | 'complete'
  | 'preprocess'
  | 'embed'
  | 'encode'
  | 'items'
  | 'sample'
  | 'add'
  | 'remove'
  | 'clearOwn'
  | 'ownItems'
  | 'exportGallery'
  | 'importGallery'
  | 'close';

/** To the worker. */
export type ToWorker =
  | { readonly kind: 'open'; readonly options: EngineOptions }
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly kind: 'cancel'; readonly id: number };

/** To the page. */
export type ToPage =
  | { readonly kind: 'progress'; readonly progress: EdgeProgress }
  | { readonly kind: 'opened'; readonly info: EdgeInfo }
  | { readonly kind: 'info'; readonly info: EdgeInfo }
  | { readonly kind: 'own'; readonly own: OwnState }
  | { readonly kind: 'step'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError };
