/** @file What the serving thread and a thread of ONNX Runtime say to each other. */
import type { TensorLike, ValueInfo } from '@dqn/runtime';
import type { Provider, Refusal } from '../providers.ts';

/** What a thread is started with: one graph, and where to run it. */
export interface ThreadStart {
  readonly bytes: Uint8Array;
  /** The first that starts is taken. */
  readonly providers: readonly Provider[];
  /** Threads that share one run on the CPU. */
  readonly threads: number;
}

/** An image file to be decoded and run through the thread's graph, which is then a preprocessing graph. */
export interface PictureTask {
  /** A path or the file's bytes. */
  readonly source: string | Uint8Array;
  /** Where its pixels go, as the network takes them: memory that threads share. */
  readonly into: Uint8Array;
  /** More are refused before they are decoded. */
  readonly maxPixels: number;
  /** A picture with this side, in pixels, needs no preprocessing; 0: every picture does. */
  readonly readySize: number;
  /** Longest side, in pixels, of a thumbnail that is made on the way; 0: none is. */
  readonly thumbnail: number;
}

/** What a thread can be asked for. */
export type Task =
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, TensorLike>> }
  | ({ readonly kind: 'picture' } & PictureTask);

/** Messages to the thread. */
export type ToThread =
  | { readonly kind: 'task'; readonly id: number; readonly task: Task }
  | { readonly kind: 'release' };

/** The graph is loaded. */
export interface Ready {
  readonly kind: 'ready';
  readonly provider: Provider;
  readonly refused: readonly Refusal[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueInfo[];
  readonly outputMetadata: readonly ValueInfo[];
}

/** What came of a task. */
export interface Outputs {
  readonly outputs: Readonly<Record<string, TensorLike>>;
}

/** A preprocessed picture, whose pixels are where the task said. */
export interface Pixels {
  /** What the preprocessing graph gave; where the network takes another number of bytes, it is nowhere. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly decode: number;
  /** Milliseconds, with those of the thumbnail. */
  readonly preprocess: number;
  readonly thumbnail: Uint8Array | undefined;
}

/** Messages from the thread. */
export type FromThread =
  | Ready
  | { readonly kind: 'failed'; readonly refused: readonly Refusal[] }
  | { readonly kind: 'done'; readonly id: number; readonly result: Outputs | Pixels }
  | { readonly kind: 'error'; readonly id: number; readonly code: string | undefined; readonly message: string };
