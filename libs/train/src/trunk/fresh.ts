/**
 * @file Learning from fresh views: worker threads prepare the views of the next batches and show them to the frozen trunk
 * while the tail learns from this one.
 */

import { type Graph, inferShapes, writeModel } from '@dqn/onnx';
import type { NetworkInput } from '../engine/engine.ts';
import { loadOrt, providerOf } from '../engine/onnxruntime/ort.ts';
import type { TrainingSource } from '../source.ts';
import { type FreshViews, freshViewsOf } from './fresh-views.ts';
import { Pictures, type ReadPicture } from './pictures.ts';
import { poolSize, TrunkPool } from './pool.ts';
import { TRUNK_BATCH } from './protocol.ts';
import type { View } from './views.ts';

/** Pictures that fresh views are made of, and the frozen trunk that sees them. */
export interface FreshPictures {
  /** N. */
  readonly images: number;
  readonly read: ReadPicture;
  /** `image` uint8 [N, size, size, 3] → float32 [N, …]; absent: all of the network learns, from pixels. */
  readonly trunk?: Graph;
  /** What identifies pictures and trunk, hex: a run is resumed with the same. */
  readonly sha256: string;
}

/** How the views are made. */
export interface FreshOptions {
  readonly plan: FreshViews;
  /** Edge of the network's input, pixels. */
  readonly size: number;
  /** preprocess.onnx. */
  readonly preprocess: Uint8Array;
  /** Epochs that are learnt from: views beyond them are further ones. */
  readonly epochs: number;
  readonly seed: number;
  readonly ortModule: string;
  /** Threads that hold the trunk. Default: see `poolSize`. */
  readonly workers?: number | undefined;
}

/** Batches that are under way while one is learnt from: enough that a thread never waits for the next. */
const AHEAD = 3;

/** Views of pictures in the order in which they are asked for. */
export class FreshSource implements TrainingSource {
  readonly length: number;
  readonly ahead = AHEAD;
  readonly #o: FreshOptions;
  readonly #pictures: Pictures;
  readonly #pool: TrunkPool;
  readonly #width: number;
  readonly #isPixels: boolean;
  /** Requests reach the workers in the order of the batches. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(pictures: FreshPictures, o: FreshOptions, pool: TrunkPool, width: number) {
    this.length = pictures.images;
    this.#o = o;
    this.#pictures = new Pictures(pictures.read, o);
    this.#pool = pool;
    this.#width = width;
    this.#isPixels = pictures.trunk === undefined;
  }

  /** Starts the workers. @throws TrainError ENGINE_FAILED where the trunk or the runtime doesn't load */
  static async open(pictures: FreshPictures, o: FreshOptions): Promise<FreshSource> {
    const { ortModule, preprocess, size } = o;
    const { trunk } = pictures;
    const width = trunk ? trunkWidth(trunk, size) : size * size * 3;
    const provider = providerOf(await loadOrt(ortModule));
    // WebGPU takes the process with it where two sessions run at a time, and the tail learns on the other one.
    const onCpu = provider === 'webgpu';
    const start = { ortModule, preprocess, size, width, onCpu, ...(trunk && { trunk: writeModel(trunk) }) };
    const pool = await TrunkPool.open(start, poolSize(onCpu ? 'cpu' : provider, o.workers));
    return new FreshSource(pictures, o, pool, width);
  }

  batch(images: ArrayLike<number>, epoch: number): Promise<NetworkInput> {
    const { plan, seed, size } = this.#o;
    const viewOf = freshViewsOf(plan, { seed, epoch, size });
    return this.#show(images, async (image) => {
      const picture = await this.#pictures.get(image);
      return { picture, view: viewOf(image, picture) };
    });
  }

  plain(images?: ArrayLike<number>): Promise<NetworkInput> {
    return this.#show(images ?? Uint32Array.from({ length: this.length }, (_, i) => i), async (image) => {
      const picture = await this.#pictures.original(image);
      return { picture, view: { mirrored: false } };
    });
  }

  further(images: ArrayLike<number>, k: number): Promise<NetworkInput> {
    return this.batch(images, this.#o.epochs + k);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What the trunk makes of one view of each image: [images.length, width]. */
  #show(images: ArrayLike<number>, viewOf: (image: number) => Promise<Shown>): Promise<NetworkInput> {
    const views = Array.from({ length: images.length }, (_, i) => viewOf(images[i]));
    const asked = this.#last.then(() => this.#ask(views));
    this.#last = asked.catch(() => {});
    // Whoever asked for several may fail before it looks at this one.
    for (const view of views) view.catch(() => {});
    return asked.then(({ parts }) => this.#gather(parts, views.length));
  }

  /** Hands views to the workers as they have room. */
  async #ask(views: readonly Promise<Shown>[]): Promise<{ parts: Promise<NetworkInput>[] }> {
    const parts: Promise<NetworkInput>[] = [];
    for (let at = 0; at < views.length; at += TRUNK_BATCH) {
      const { features } = await this.#pool.ask(await Promise.all(views.slice(at, at + TRUNK_BATCH)));
      parts.push(features);
    }
    return { parts };
  }

  async #gather(parts: readonly Promise<NetworkInput>[], n: number): Promise<NetworkInput> {
    const length = n * this.#width;
    const out = this.#isPixels ? new Uint8Array(length) : new Float32Array(length);
    let at = 0;
    for (const part of await Promise.all(parts)) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

interface Shown {
  readonly picture: Awaited<ReturnType<ReadPicture>>;
  readonly view: View;
}

/** Numbers of one view behind a trunk. */
export function trunkWidth(trunk: Graph, size: number): number {
  const [input] = trunk.inputs;
  const [output] = trunk.outputs;
  const dims = inferShapes(trunk, { [input.name]: [1, size, size, 3] }).get(output.name)!;
  return dims.reduce((product, dim) => product * dim, 1);
}
