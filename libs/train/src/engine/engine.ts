/**
 * @file The port between DQN and whatever runs the network: pixels → z, and ∂L/∂z → ∂L/∂parameters.
 *
 * Two interfaces. `Engine` is one runner of the graph with gradients: forward, backward, nothing else; it is what the
 * engines' own tests compare. `Learner` is what the training loop holds: an engine (or several workers, each with one)
 * plus the optimiser's state, advanced a batch at a time. The loss stays outside both: it needs the z of the whole
 * batch, so the learner gathers z, calls the loss once, and hands every worker its rows of dz. Summed over the workers
 * the gradients are then exact, not an average of losses over part-batches.
 */

import type { Graph } from '@dqn/onnx';

/** Which software runs the graph. */
export type EngineName = 'tensorflow' | 'onnxruntime';

/** A trainable tensor: `data` holds the product of `dims` floats, row-major. */
export interface Parameter {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * What goes into a network, by the type of its graph's input: pictures, uint8 [n, H, W, 3], or what a frozen trunk made
 * of them, float32 [n, F] or [n, C, H, W]; row-major.
 */
export type NetworkInput = Uint8Array | Float32Array;

/** How one forward pass is run. */
export interface ForwardOptions {
  /** True: dropout is active and what backward needs is kept. False: inference, `kept` holds nothing useful. */
  readonly training: boolean;
  /**
   * Where dropout's masks come from: the mask of an image depends on `seed`, `step`, and its row in the whole batch
   * (`firstRow` + its place here), never on the worker or the engine (see `dropoutMask`).
   */
  readonly seed: number;
  readonly step: number;
  /** The row, in the whole batch, of this call's first image. Default 0. */
  readonly firstRow?: number;
}

/** What forward gives. `Kept` is the engine's own; give it to `backward` or `release` exactly once. */
export interface Forward<Kept = unknown> {
  /** The bottleneck's outputs, [n, D] row-major. */
  readonly z: Float32Array;
  readonly kept: Kept;
}

/** One runner of the graph with gradients. Calls must not overlap. */
export interface Engine<Kept = unknown> extends AsyncDisposable {
  readonly name: EngineName;
  /** What it runs on, for people: `TensorFlow 2.15, CPU`, `onnxruntime-node, CPU`. */
  readonly device: string;
  /** D, the width of z. */
  readonly dimensions: number;
  /** Copies of the parameters, by name, in a fixed order. */
  parameters(): Promise<Map<string, Parameter>>;
  /** Replaces some or all parameters. TrainError BAD_OPTION: an unknown name or another number of elements. */
  setParameters(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  /** `images`: n ≥ 1 of them. */
  forward(images: NetworkInput, n: number, options: ForwardOptions): Promise<Forward<Kept>>;
  /**
   * The gradient of Σ z·dz for every parameter, each as long as the parameter. dz: [n, D]. Consumes `kept`.
   * The arrays may be reused by the next call.
   */
  backward(kept: Kept, dz: Float32Array): Promise<Map<string, Float32Array>>;
  /** Frees what a forward pass kept when there will be no backward. */
  release(kept: Kept): void;
  /** Inference: z [n, D], dropout off, nothing kept. */
  embed(images: NetworkInput, n: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What the loss says about a batch. */
export interface LossResult {
  /** The objective, for the log and the check against NaN. */
  readonly loss: number;
  /** ∂loss/∂z, [n, D] row-major. */
  readonly dz: Float32Array;
  /** Its parts, by name, for the log: `pairwise`, `quantization`, … */
  readonly parts?: Readonly<Record<string, number>>;
}

/** The loss of a whole batch: z is [n, D] row-major, rows in the order of the images; z must not be kept. */
export type LossFunction = (z: Float32Array, n: number) => LossResult | Promise<LossResult>;

/** The update rule. Weight decay is L2 in the gradient for `sgd`, decoupled for `adamw` (as PyTorch's). */
export type OptimiserOptions =
  | {
      readonly kind: 'sgd';
      readonly momentum: number;
      readonly nesterov?: boolean;
      readonly weightDecay?: number;
    }
  | {
      readonly kind: 'adamw';
      /** Default .9 */
      readonly beta1?: number;
      /** Default .999 */
      readonly beta2?: number;
      /** Default 1e-8 */
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

/** Factors on the learning rate and the weight decay of one parameter; 1 where absent. */
export interface ParameterScale {
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** What a learner is made from. */
export interface LearnerOptions {
  /** One input, batch first → float32 [N, D] (`z`); its initialisers are the first weights. */
  readonly graph: Graph;
  /** Which initialisers learn; default `trainableParameters(graph)`. */
  readonly parameters?: readonly string[];
  readonly optimiser: OptimiserOptions;
  /** By parameter name. */
  readonly scales?: Readonly<Record<string, ParameterScale>>;
  /** Threads that share each batch, ≥ 1. Default 1. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
}

/** One batch and how far to go on it. */
export interface Batch {
  /** Already augmented. */
  readonly images: NetworkInput;
  readonly n: number;
  /** Counts from 0; with `seed` it decides dropout's masks. */
  readonly step: number;
  readonly seed: number;
  readonly learningRate: number;
  /** Scales the whole gradient down to this Euclidean norm when it is longer. */
  readonly clipNorm?: number;
}

/** What a step gives back, before-update values. */
export interface StepResult extends LossResult {
  /** z of the batch, [n, D]: for codebooks and statistics. Valid until the next step. */
  readonly z: Float32Array;
  /** Euclidean norm of the whole gradient, before clipping. */
  readonly gradientNorm: number;
}

/** Everything a checkpoint needs: parameters, and the optimiser's slots per parameter (momentum; Adam's m and v). */
export interface LearnerState {
  readonly parameters: Map<string, Parameter>;
  readonly slots: Map<string, Float32Array[]>;
  /** Updates made so far (Adam's t). */
  readonly updates: number;
}

/** An engine with an optimiser: learns a batch at a time, on one or more workers. Calls must not overlap. */
export interface Learner extends AsyncDisposable {
  readonly engine: EngineName;
  readonly device: string;
  readonly workers: number;
  /** D, the width of z. */
  readonly dimensions: number;
  /**
   * Forward, loss, backward, update. Nothing is updated when it throws: TrainError NOT_FINITE (loss or gradient
   * is NaN or infinite; names the step), ENGINE_FAILED (a worker threw or ended; the learner is closed), or whatever
   * the loss function threw.
   */
  step(batch: Batch, loss: LossFunction): Promise<StepResult>;
  /** Inference over any number of images, spread over the workers: z [n, D]. */
  embed(images: NetworkInput, n: number, options?: { readonly signal?: AbortSignal }): Promise<Float32Array>;
  /** A copy of the parameters alone, by name, in a fixed order. */
  parameters(): Promise<Map<string, Parameter>>;
  /** A copy of parameters and optimiser state. */
  state(): Promise<LearnerState>;
  /** Takes such a copy back; parameters without slots get zeros. TrainError BAD_OPTION. */
  restore(state: Pick<LearnerState, 'parameters'> & Partial<LearnerState>): Promise<void>;
  close(): Promise<void>;
}
