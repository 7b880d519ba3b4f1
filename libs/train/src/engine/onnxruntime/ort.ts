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

/** What a graph may run on: ONNX Runtime's execution providers. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';

/** Settings of a session. */
export interface OrtSessionSettings {
  /** Within one operation; the CPU's concern alone. */
  readonly threads: number;
  /** `cpu`: there, whatever the module's own provider is. */
  readonly provider?: 'cpu';
}

/**
 * What the module at `ortModule` exports: `createSession` loads a graph, `Tensor` is the class of the same package.
 *
 * A module stands for one provider, so that whoever is handed its URL, worker threads included, runs on it.
 */
export interface OrtModule {
  readonly createSession: (bytes: Uint8Array, settings: OrtSessionSettings) => Promise<OrtSession>;
  readonly Tensor: OrtTensorClass;
  /** Where sessions run; absent: on the CPU. */
  readonly provider?: Provider;
}

/** Where a module's sessions run. */
export const providerOf = (ort: OrtModule): Provider => ort.provider ?? 'cpu';

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
