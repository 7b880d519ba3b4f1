/**
 * @file Which ONNX Runtime a page loads: WebGPU where there is a real GPU, else wasm.
 *
 * The two builds are large (4.9 and 2.8 MB compressed), so the adapter is asked for first and only one is imported.
 */

import { oneAtATime, type SessionFactory, type TensorClass } from '@dqn/runtime';
import type * as Ort from 'onnxruntime-web';
import { EdgeError } from './errors.ts';
import { importOrt } from './import-ort.ts';
import { replaceable } from './replaceable.ts';

/** Where the network runs in a browser. */
export type EdgeProvider = 'webgpu' | 'wasm';

/** An imported ONNX Runtime. */
export interface EdgeRuntime {
  /** Where the network runs: known once it has been loaded. */
  provider: EdgeProvider;
  /** Why WebGPU isn't used; empty where it is, or where wasm was asked for. */
  refused: string;
  /** Threads of the wasm part; 1 where the page isn't cross-origin isolated. */
  readonly threads: number;
  readonly createSession: SessionFactory;
  readonly Tensor: TensorClass;
}

/** More wasm threads than this gain little for one picture. */
const MAX_THREADS = 8;

/** Just enough of WebGPU's types to ask for an adapter. */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}
interface GpuAdapter {
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
  readonly isFallbackAdapter?: boolean;
}
interface GpuDevice {
  readonly lost: Promise<{ readonly message: string }>;
}

/** What a runtime is asked for beside the provider. */
export interface RuntimeOptions {
  /** Default: one a core, at most 8. */
  readonly threads?: number | undefined;
  /** Told when WebGPU was lost and the network goes on in wasm. */
  readonly onLost?: (() => void) | undefined;
}

/**
 * Chooses and imports one build of onnxruntime-web.
 *
 * @param asked `auto`: WebGPU only on a real adapter, not on one that computes on the CPU
 * @throws EdgeError `NO_PROVIDER` when WebGPU is asked for and there is no adapter
 */
export async function loadRuntime(asked: 'auto' | EdgeProvider, options: RuntimeOptions = {}): Promise<EdgeRuntime> {
  const refusal = asked === 'wasm' ? '' : await whyNoWebGpu(asked === 'webgpu');
  if (asked === 'webgpu' && refusal) {
    throw new EdgeError('NO_PROVIDER', `WebGPU isn't there: ${refusal}. Ask for wasm, which every browser has.`);
  }
  const wanted: EdgeProvider = asked === 'wasm' || refusal ? 'wasm' : 'webgpu';
  const ort = await importOrt(wanted);
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threadCount(options.threads);

  const create = async (bytes: Uint8Array, provider: EdgeProvider) =>
    oneAtATime(await ort.InferenceSession.create(bytes, { executionProviders: [provider] }));
  const runtime: EdgeRuntime = {
    provider: wanted,
    refused: refusal,
    threads: ort.env.wasm.numThreads,
    Tensor: ort.Tensor as TensorClass,
    async createSession(bytes, role) {
      // Resizing with antialias is the same bits everywhere in wasm, and WebGPU doesn't have it.
      if (role === 'preprocess' || runtime.provider === 'wasm') return create(bytes, 'wasm');
      const onWasm = (why: string) => {
        runtime.provider = 'wasm';
        runtime.refused = why;
        return create(bytes, 'wasm');
      };
      try {
        const session = await create(bytes, 'webgpu');
        return replaceable(session, lossOf(ort), async (why) => {
          const next = await onWasm(why);
          options.onLost?.();
          return next;
        });
      } catch (error) {
        if (asked === 'webgpu') throw error;
        return onWasm(error instanceof Error ? error.message : String(error));
      }
    },
  };
  return runtime;
}

/** A device that was lost says so to whoever has it. */
async function lossOf(ort: typeof Ort): Promise<string> {
  const { device } = ort.env.webgpu as { device: Promise<GpuDevice> | GpuDevice | undefined };
  const lost = await (await device)?.lost;
  // Without a device to ask, a run that fails is all that is seen.
  if (lost === undefined) return new Promise(() => undefined);
  return `the WebGPU device was lost${lost.message ? `: ${lost.message}` : ''}`;
}

/** Empty when there is a GPU; a software adapter counts only where WebGPU was asked for by name. */
async function whyNoWebGpu(softwareWillDo: boolean): Promise<string> {
  const { gpu } = navigator as { gpu?: Gpu };
  if (!gpu) return 'the browser has no WebGPU';
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return 'no GPU adapter';
    const software =
      adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter || adapter.info?.architecture === 'swiftshader';
    return software && !softwareWillDo ? 'the only GPU adapter computes on the CPU' : '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function threadCount(asked: number | undefined): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(asked ?? navigator.hardwareConcurrency ?? 1, MAX_THREADS));
}
