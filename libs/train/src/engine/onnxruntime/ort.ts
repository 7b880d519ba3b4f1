/** @file The little of ONNX Runtime's JavaScript API that the engine uses; which package it is, the caller decides. */
import { TrainError } from '../../errors.ts';

/** A tensor of ONNX Runtime. */
export interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: unknown;
}

export type OrtTensorClass = new (
  type: 'float32' | 'int64' | 'uint8',
  data: Float32Array | BigInt64Array | Uint8Array,
  dims: readonly number[],
) => OrtTensor;

/** A loaded graph. */
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/**
 * What the module at `ortModule` exports: `createSession` loads a graph, on as many threads within one operation as
 * asked; `Tensor` is the class of the same package.
 */
export interface OrtModule {
  readonly createSession: (bytes: Uint8Array, options: { readonly threads: number }) => Promise<OrtSession>;
  readonly Tensor: OrtTensorClass;
}

/** Imports such a module from its URL or specifier. Throws TrainError ENGINE_UNAVAILABLE where it doesn't load. */
export async function loadOrt(ortModule: string): Promise<OrtModule> {
  const module: Partial<OrtModule> = await import(ortModule).catch((cause: unknown) => {
    throw new TrainError('ENGINE_UNAVAILABLE', `the engine onnxruntime doesn't load: ${String(cause)}`, { cause });
  });
  if (typeof module.createSession !== 'function' || typeof module.Tensor !== 'function') {
    throw new TrainError(
      'ENGINE_UNAVAILABLE',
      `the module "${ortModule}" exports ${Object.keys(module).join(', ')}; expected createSession and Tensor`,
    );
  }
  return module as OrtModule;
}
