/** @file What the trunk's workers are told and answer. */

import type { Picture } from '@dqn/data';
import type { View } from './views.ts';

/** A worker's start data. */
export interface TrunkStart {
  readonly ortModule: string;
  /** preprocess.onnx: a picture of any size → [1, size, size, 3]. */
  readonly preprocess: Uint8Array;
  /** `image` uint8 [N, size, size, 3] → float32 [N, …]; absent: the pixels themselves are wanted. */
  readonly trunk?: Uint8Array;
  /** True: the trunk runs on the CPU, whatever the provider of `ortModule`. */
  readonly onCpu?: boolean;
  readonly size: number;
  /** Numbers of one view's features, or of its pixels. */
  readonly width: number;
}

/** Asks a worker to end once it has answered everything before. */
export const CLOSE = 'close';

/** Some views, at most {@link TRUNK_BATCH}. */
export interface TrunkRequest {
  readonly id: number;
  readonly views: readonly { readonly picture: Picture; readonly view: View }[];
}

/** Features, or without a trunk pixels, of the views that were asked for: [views.length, width]. */
export type TrunkAnswer =
  | { readonly id: number; readonly features: Float32Array | Uint8Array }
  | { readonly id: number; readonly error: string };

/** Views that the trunk sees at a time. Always as many: what features come out doesn't depend on which come together. */
export const TRUNK_BATCH = 8;
