/**
 * @file What `train` is given and what it gives.
 */

import type { Graph } from '@dqn/onnx';
import type { EngineChoice, OpenLearner } from './choose.ts';
import type { LogLine } from './log.ts';
import type { CreateObjective } from './objective.ts';
import type { TrainProgress } from './progress.ts';
import type { Recipe } from './recipe.ts';
import type { Run, RunFacts, RunResult } from './run.ts';
import type { ViewedFeatures } from './source.ts';
import type { FreshPictures } from './trunk/fresh.ts';

/** What to learn from, what to learn, and where to put it. */
export interface TrainOptions {
  /**
   * uint8 RGB [N, S, S, 3] row-major, S = the recipe's `storedSize` or `size`: what preprocess.onnx gives. Either these,
   * or `features`, or `fresh`.
   */
  readonly pixels?: Uint8Array;
  /** What a frozen trunk made of the images: `graph` is what learns behind it. */
  readonly features?: TrunkFeatures;
  /** Pictures of which fresh views are made while the network learns; with a recipe that says which (`freshViews`). */
  readonly fresh?: FreshPictures;
  /** What the head of `graph` learns from first, where the recipe says so (`head`). */
  readonly head?: HeadInputs;
  /** The class indices of each image, [N], at least one each. */
  readonly labels: readonly (readonly number[])[];
  /**
   * uint8 [N, size, size, 3] `image`, or behind a trunk its float32 output, → float32 [N, D] `z`; its initialisers are the
   * first weights.
   */
  readonly graph: Graph;
  /** preprocess.onnx, kept beside the network. */
  readonly preprocess: Uint8Array;
  readonly recipe: Recipe;
  /** Bits of a code: M · log2(codewords). */
  readonly bits: number;
  /** K, a power of two from 2 to 256. Default 256. */
  readonly codewords?: number;
  /** Whole, ≥ 0. Default 1. */
  readonly seed?: number;
  /** Epochs instead of the recipe's. */
  readonly epochs?: number;
  /** Default `auto`: `tensorflow` where it loads, else `onnxruntime`; a resumed run keeps its engine. */
  readonly engine?: EngineChoice;
  /** Threads that share each batch; default: what the engine does best on this machine. */
  readonly workers?: number;
  /** The folder of the run; new or empty unless `resume`. */
  readonly out: string;
  /** Go on with the run in `out`, to the same bytes as if it had not been stopped. */
  readonly resume?: boolean;
  readonly facts: RunFacts;
  /**
   * URL or specifier of a module that a worker can import, exporting `createSession(bytes)` and `Tensor`: this package
   * names no ONNX Runtime itself.
   */
  readonly ortModule: string;
  /** Seconds between two checkpoints, at least; there is one at the end and one on abort. Default 30; 0: every step. */
  readonly checkpointSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called with lines for people, such as `engine: onnxruntime (2 workers), because …`. */
  readonly onNotice?: (line: string) => void;
  /** In place of the engines of this package. */
  readonly openLearner?: OpenLearner;
  /** In place of the losses of this package. */
  readonly createObjective?: CreateObjective;
}

/** The images as a frozen trunk gives them. */
export interface TrunkFeatures extends ViewedFeatures {
  /** uint8 [N, size, size, 3] `image` → float32; kept in front of what learns. */
  readonly trunk: Graph;
  /** What the features were made from (trunk, views, pictures), hex: a run is resumed with the same. */
  readonly sha256: string;
}

/** A head by itself and the features that it learns on, with what lies before it at rest. */
export interface HeadInputs {
  /** float32 features → `z`. Its parameters have the names that they have in the whole network. */
  readonly graph: Graph;
  readonly features: TrunkFeatures;
}

/** What `train` did. */
export interface TrainResult {
  readonly run: Run;
  readonly result: RunResult;
  /** The last line of log.jsonl. */
  readonly lastLine: LogLine;
}
