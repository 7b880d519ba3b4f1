/**
 * @file Loads TF.js once: on TensorFlow's own library where that is to be had, else on WebAssembly.
 *
 * `@tensorflow/tfjs-node` and `tfjs-node-gpu` bring a TF.js of their own, and tensors of one copy mean nothing to
 * another. So nothing in this package imports TF.js by name: whoever computes is handed the `tf` found here.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type * as tfjs from '@tensorflow/tfjs';
import { TrainError } from './errors.ts';

/** The module `@tensorflow/tfjs`, from whichever package it came. */
export type Tf = typeof tfjs;

/** `tf.tidy` for results that hold no tensors: every tensor made in `compute` is gone when it returns or throws. */
export function scoped<T>(tf: Tf, compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}

/** A TF.js that is ready to compute. */
export interface LoadedTf {
  readonly tf: Tf;
  /** `tensorflow` computes by TensorFlow's library; `wasm` and `cpu` need nothing but npm. */
  readonly backend: 'tensorflow' | 'wasm' | 'cpu';
  /** What it runs on, for people: `@tensorflow/tfjs-node-gpu 4.22.0, TensorFlow 2.15.0, CPU`. */
  readonly device: string;
  /** True: each worker thread may load a copy of its own. */
  readonly threads: boolean;
  /** Why each better choice was not taken, one sentence each, in the order tried. */
  readonly passedOver: readonly string[];
}

/** One place where a native package was looked for. */
interface Place {
  readonly name: string;
  /** A module is resolved as seen from here. */
  readonly from: string;
  /** `cache`, … for the message. */
  readonly label: string;
}

/** In order of preference. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** The cache of everything fetched on demand; tools/needs.mjs and @dqn/data have the same rule. */
function cacheFolder(): string {
  const { env, platform } = process;
  if (env.DQN_CACHE) return env.DQN_CACHE;
  if (platform === 'darwin') return join(homedir(), 'Library/Caches/dqn');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), 'dqn/Cache');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dqn');
}

/** Where to look: the folder that DQN_TFJS_NODE names, what `npm run native` made, the packages beside this one. */
function places(): Place[] {
  const named = process.env.DQN_TFJS_NODE;
  const built = PACKAGES.map((name) => ({ name, folder: join(cacheFolder(), 'native', name.split('/')[1]) }));
  return [
    ...(named ? PACKAGES.map((name) => ({ name, from: resolve(named, 'from.js'), label: 'DQN_TFJS_NODE' })) : []),
    ...built
      .filter(({ folder }) => existsSync(join(folder, 'ready.json')))
      .map(({ name, folder }) => ({ name, from: join(folder, 'from.js'), label: 'the cache' })),
    ...PACKAGES.map((name) => ({ name, from: import.meta.filename, label: 'node_modules' })),
  ];
}

/** True where `npm run native` built it: others share a table between threads without a lock. */
function builtForThreads(entry: string): boolean {
  const folder = entry.split(`${sep}node_modules${sep}`)[0];
  try {
    return JSON.parse(readFileSync(join(folder, 'ready.json'), 'utf8')).threads === true;
  } catch {
    return false;
  }
}

/** What an exception of `require` means, in a few words. */
function whyNot(error: unknown, name: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return 'is not installed';
  if (/tfjs_binding\.node|native addon/.test(message)) return 'has no native addon (`npm run native` builds one)';
  return `doesn't load: ${message.split('\n')[0]}`;
}

function loadNativeFrom({ name, from }: Place, alone: boolean): Omit<LoadedTf, 'passedOver'> {
  const require = createRequire(from);
  const entry = require.resolve(name);
  const threads = builtForThreads(entry);
  if (!isMainThread && !threads && !alone) {
    throw new Error('only the binding that `npm run native` builds may be loaded by several worker threads');
  }
  // Node 23 took this function out, and tfjs-node calls it.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // TensorFlow tells at length that there is no GPU; what goes wrong comes as an exception all the same.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const tf = require(entry) as Tf & { version: Record<string, string> };
  const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean; binding: { TF_Version: string } };
  if (tf.getBackend() !== 'tensorflow') throw new Error(`its backend is "${tf.getBackend()}", expected "tensorflow"`);
  const library = `${name} ${tf.version['tfjs-core']}, TensorFlow ${backend.binding.TF_Version}`;
  return { tf, backend: 'tensorflow', threads, device: `${library}, ${backend.isUsingGpuDevice ? 'GPU' : 'CPU'}` };
}

function tryNative(alone: boolean): LoadedTf | { passedOver: string[] } {
  const passedOver: string[] = [];
  for (const place of places()) {
    try {
      return { ...loadNativeFrom(place, alone), passedOver };
    } catch (error) {
      passedOver.push(`${place.name} ${whyNot(error, place.name)} (${place.label})`);
    }
  }
  return { passedOver };
}

async function loadWasm(passedOver: readonly string[]): Promise<LoadedTf> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs') as Tf;
  const version = (tf as Tf & { version: Record<string, string> }).version['tfjs-core'];
  const common = { tf, threads: true };
  let reason: string;
  try {
    const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(prefix: string): void };
    wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}${sep}`);
    // Its threads don't start under Node.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (await tf.setBackend('wasm')) {
      return { ...common, backend: 'wasm', device: `@tensorflow/tfjs ${version}, WebAssembly`, passedOver };
    }
    reason = 'it refused to start';
  } catch (error) {
    reason = (error as Error).message.split('\n')[0];
  }
  // It says itself that it is slow, once, on the first tensor.
  await tf.setBackend('cpu');
  const device = `@tensorflow/tfjs ${version}, plain JavaScript (slow)`;
  return { ...common, backend: 'cpu', device, passedOver: [...passedOver, `TF.js's wasm backend: ${reason}`] };
}

let loading: Promise<LoadedTf> | undefined;

async function loadAny(which: 'best' | 'tensorflow' | 'portable', alone: boolean): Promise<LoadedTf> {
  const native = which === 'portable' ? { passedOver: [] } : tryNative(alone);
  return 'tf' in native ? native : loadWasm(native.passedOver);
}

/**
 * TF.js, loaded by the first call; later calls of the same thread get the same object, whatever they ask for, since
 * all copies of TF.js in a thread share one global state.
 *
 * @param which - `best`: on TensorFlow's library (DQN_TFJS_NODE's folder, what `npm run native` built, regular
 *   packages; in each tfjs-node-gpu before tfjs-node), else portable, which then says why. `tensorflow`: that or an
 *   error. `portable`: on WebAssembly, or on plain JavaScript where that fails.
 * @param o.alone - this worker thread is the only one that computes while it does: any build of the library will do
 * @throws TrainError ENGINE_UNAVAILABLE for `tensorflow`: what was tried, and why it didn't load
 */
export async function loadTf(
  which: 'best' | 'tensorflow' | 'portable' = 'best',
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<LoadedTf> {
  loading ??= loadAny(which, alone);
  const loaded = await loading;
  if (which !== 'tensorflow' || loaded.backend === 'tensorflow') return loaded;
  const why = loaded.passedOver.join('; ') || `${loaded.device} was loaded before it`;
  throw new TrainError(
    'ENGINE_UNAVAILABLE',
    `TF.js on TensorFlow's library is not to be had here: ${why}. Build it with \`npm run native\`.`,
  );
}
