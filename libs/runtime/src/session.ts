/**
 * @file The part of ONNX Runtime's session that this package needs.
 *
 * `onnxruntime-node`, `onnxruntime-web` and a session that lives in a worker thread all fit: nothing here
 * chooses one of them.
 */

/** A tensor as ONNX Runtime's `Tensor` class shows it; row-major. */
export interface TensorLike {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** Makes what a session takes as input: ONNX Runtime's own `Tensor` class. */
export type TensorClass = new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => TensorLike;

/** Name, type and shape of an input or output; a string in `shape` is a dimension that varies. */
export interface ValueInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** A loaded graph. `InferenceSession` of every ONNX Runtime package is one. */
export interface SessionLike {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueInfo[];
  readonly outputMetadata: readonly ValueInfo[];
  run(feeds: Readonly<Record<string, TensorLike>>): Promise<Readonly<Record<string, TensorLike>>>;
  release(): Promise<void>;
}

/** Which of a model's two graphs a session is for: `preprocess` must run on CPU or wasm, `network` anywhere. */
export type SessionRole = 'preprocess' | 'network';

/** Loads one graph, given as the bytes of its file. */
export type SessionFactory = (bytes: Uint8Array, role: SessionRole) => Promise<SessionLike>;

/**
 * One run after the other: onnxruntime-web refuses a second `run` on a session while the first is under way.
 *
 * @example const session = oneAtATime(await InferenceSession.create(bytes));
 */
export function oneAtATime(session: SessionLike): SessionLike {
  let last: Promise<unknown> = Promise.resolve();
  const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
  return {
    inputNames,
    outputNames,
    inputMetadata,
    outputMetadata,
    run(feeds) {
      const result = last.then(() => session.run(feeds));
      last = result.catch(() => undefined);
      return result;
    },
    release: () => last.then(() => session.release()),
  };
}
