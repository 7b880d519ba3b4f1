/**
 * @file onnxruntime-node's execution providers: how a session on each is asked for, what it needs, and why it doesn't
 * start. For the server's sessions and for the trainer's.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { Provider } from './providers.ts';

/** How a session is opened. */
export interface ExecutionOptions {
  /** Threads within one operation, on the CPU. Default: ONNX Runtime's own choice (one per core). */
  readonly threads?: number | undefined;
}

/**
 * Loads a graph on one provider.
 *
 * @throws Error whose message is one sentence or two: what is missing, and how to get it
 */
export async function openSession(
  bytes: Uint8Array,
  provider: Provider,
  { threads }: ExecutionOptions = {},
): Promise<InferenceSession> {
  if (provider === 'cpu') {
    return InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    });
  }
  // A provider that doesn't start is told by its refusal, not by ONNX Runtime's log.
  env.logLevel = 'fatal';
  if (provider === 'cuda') return openCuda(bytes);
  // Dawn complains at length on stderr where there is no Vulkan; that is known beforehand.
  const missing = missingForVulkan();
  if (missing) throw new Error(missing);
  try {
    // The layout that WebGPU prefers, NHWC, gives wrong convolutions of 6, 9, … channels in ONNX Runtime 1.30.
    const webgpu = { name: 'webgpu', preferredLayout: 'NCHW' } as const;
    return await InferenceSession.create(bytes, { executionProviders: [webgpu], logSeverityLevel: 3 });
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause });
  }
}

/** Where Vulkan's loader looks for drivers on Linux, each a JSON file. */
function vulkanDrivers(): string[] {
  const data = process.env.XDG_DATA_DIRS || '/usr/local/share:/usr/share';
  const folders = ['/etc', ...data.split(':'), join(homedir(), '.local/share')];
  return folders
    .map((folder) => join(folder, 'vulkan/icd.d'))
    .flatMap((place) => (existsSync(place) ? readdirSync(place) : []));
}

/** What Vulkan lacks on this Linux as far as its files tell: the loader or any driver; undefined where both are there. */
function missingForVulkan(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (!process.env.LD_LIBRARY_PATH && lacksLibrary('libvulkan.so.1')) {
    return 'libvulkan.so.1 is not installed (Debian: apt-get install libvulkan1)';
  }
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES || process.env.VK_ADD_DRIVER_FILES) return undefined;
  if (vulkanDrivers().length > 0) return undefined;
  return "there is no Vulkan driver (/usr/share/vulkan/icd.d is empty); install the graphics card's";
}

/** True only where Linux's list of libraries is there and this one isn't in it. */
function lacksLibrary(name: string): boolean {
  try {
    return !readFileSync('/etc/ld.so.cache').includes(name);
  } catch {
    return false;
  }
}

/** ONNX Runtime's reason without the place in its source where it was found. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const cuda = text.match(/CUDA failure \d+: [^;]*[^; ]/);
  if (cuda) return cuda[0];
  return text
    .split('\n', 1)[0]!
    .trim()
    .replace(/^.* was false\.\s*/, '')
    .replace(/^OrtSessionOptions\w+:\s*/, '');
}

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

/** What the CUDA provider is linked with, and loads while it runs: each after what it needs itself. */
const CUDA_LIBRARIES = ['libcudart', 'libcublasLt', 'libcublas', 'libcurand', 'libnvrtc', 'libnvJitLink', 'libcudnn'];

const GET_DRIVER = 'install it (580 or later), and start a container with the GPU (docker run --gpus all)';
const GET_CUDA = 'get it by: npm run native -- --cuda';

/** The folder of onnxruntime-node's own library, where it looks for its providers. */
export function runtimeFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '../bin/napi-v6', process.platform, process.arch);
}

async function openCuda(bytes: Uint8Array): Promise<InferenceSession> {
  const provider = join(runtimeFolder(), CUDA_PROVIDER);
  if (process.platform === 'linux' && !existsSync(provider)) {
    throw new Error(`onnxruntime-node has no ${CUDA_PROVIDER} beside it; ${GET_CUDA}`);
  }
  if (process.platform === 'linux') {
    const driver = loadLibrary('libcuda.so.1');
    if (driver) throw new Error(`NVIDIA's driver is missing (${driver}); ${GET_DRIVER}`);
    preloadCuda(realpathSync(provider));
  }
  try {
    return await InferenceSession.create(bytes, { executionProviders: ['cuda'], logSeverityLevel: 3 });
  } catch (cause) {
    throw new Error(missingForCuda() ?? reasonOf(cause), { cause });
  }
}

/** Not in Node's list of flags: the library stays loaded. */
const RTLD_NODELETE = 0x1000;

/**
 * Loads a shared library that is no addon, for good: whatever is linked with it finds it by its name from then on, without
 * LD_LIBRARY_PATH.
 *
 * @returns why it doesn't load, undefined where it did
 */
function loadLibrary(path: string): string | undefined {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW! | RTLD_GLOBAL! | RTLD_NODELETE);
  } catch (error) {
    const { message } = error as Error;
    // Node expects an addon; that it is none is found out when it is loaded already.
    return /did not self-register/.test(message) ? undefined : message.split('\n', 1)[0];
  }
  return undefined;
}

/** The libraries that lie beside the provider where `npm run native -- --cuda` put them; elsewhere the system's are taken. */
function preloadCuda(provider: string): void {
  const folder = dirname(provider);
  const files = readdirSync(folder);
  for (const name of CUDA_LIBRARIES) {
    const file = files.find((entry) => entry.startsWith(`${name}.so`));
    if (file) loadLibrary(join(folder, file));
  }
}

/** Which library the CUDA provider misses, asked of the system's own loader: ONNX Runtime doesn't say. */
function missingForCuda(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const provider = loadLibrary(join(runtimeFolder(), CUDA_PROVIDER));
  return provider && /cannot open shared object/.test(provider)
    ? `a library of CUDA is missing (${provider}); ${GET_CUDA}`
    : undefined;
}
