/**
 * @file Models behind a frozen backbone, measured on cached features: the trunk sees every picture once, whatever the
 * number of models, bit lengths and seeds that stand on it; and what its features give without learning.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, type Dataset, type Skipped } from '@dqn/data';
import { MODEL_FILES } from '@dqn/format';
import { cut, type Graph, readModel, writeModel } from '@dqn/onnx';
import type { Model } from '@dqn/runtime';
import {
  type Baseline,
  type BaselineName,
  CUT_METADATA,
  fitBaselines,
  type TrunkResult,
  trunkFeatures,
  viewCount,
} from '@dqn/train';
import { createSession, ORT_MODULE, Tensor } from '../ort.ts';
import { average, type Embedded, type EmbeddedViews, type Views, viewPlan } from './embed.ts';

/** How rows are shown to the trunk. */
export interface FrozenOptions {
  readonly views: Views;
  readonly strict: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Embeddings, and the features that they were made from. */
export interface FrozenEmbedded extends Embedded {
  /** [rows.length, F]: the pictures as they are. */
  readonly features: Float32Array;
}

/** Features that a head runs on at a time. */
const HEAD_BATCH = 1000;

type HeadSession = Awaited<ReturnType<typeof createSession>>;

/** The two parts of an exported model. */
export class FrozenModel {
  readonly #trunk: Graph;
  readonly #preprocess: Graph;
  readonly #model: Model;
  readonly #head: HeadSession;

  private constructor(trunk: Graph, preprocess: Graph, model: Model, head: HeadSession) {
    this.#trunk = trunk;
    this.#preprocess = preprocess;
    this.#model = model;
    this.#head = head;
  }

  /** Opens the model of a folder in two parts; undefined where it says of no such cut, or features there aren't pooled. */
  static async open(folder: string, model: Model): Promise<FrozenModel | undefined> {
    const network = readModel(await readFile(join(folder, MODEL_FILES.network)));
    const tensor = network.metadata[CUT_METADATA];
    if (tensor === undefined) return undefined;
    const { trunk, tail } = cut(network, tensor);
    if (trunk.outputs[0].dims.length !== 2) return undefined;
    const preprocess = readModel(await readFile(join(folder, MODEL_FILES.preprocess)));
    // What a file says about itself is no part of what it computes: models of one backbone share its features.
    const plain = { ...trunk, name: 'trunk', metadata: {} };
    return new FrozenModel(plain, preprocess, model, await createSession(writeModel(tail)));
  }

  /** Embeds rows in their order, like `embedRows`. */
  async embed(dataset: Dataset, rows: Uint32Array, o: FrozenOptions): Promise<FrozenEmbedded> {
    const { values, views, ...read } = await this.embedViews(dataset, rows, o);
    return { ...read, embeddings: average(values, views, this.#model.dimensions) };
  }

  /** Embeds every view of the rows, like `embedViews`. */
  async embedViews(
    dataset: Dataset,
    rows: Uint32Array,
    o: FrozenOptions,
  ): Promise<EmbeddedViews & Pick<FrozenEmbedded, 'features'>> {
    const { features, width, ...result } = await this.#features(dataset, rows, o);
    const { images, views } = features;
    const skipped: Skipped[] = result.leftOut.map(({ row, error }) => ({ row, id: dataset.id(row), error }));
    return {
      values: await this.#run(features.values, views * images),
      ...{ views, rows: result.rows, skipped },
      features: features.values.subarray(0, images * width),
    };
  }

  /** What the features of these pictures give without learning, as many codebooks and codewords as the model has. */
  async baselines(
    dataset: Dataset,
    rows: Uint32Array,
    seed: number,
    o: Omit<FrozenOptions, 'views'>,
  ): Promise<Record<BaselineName, Baseline>> {
    const { features, rows: read } = await this.#features(dataset, rows, { ...o, views: 2 });
    const { M, K } = this.#model.codebook;
    return fitBaselines({
      ...{ features, M, K, seed, signal: o.signal, classes: dataset.classes.length },
      labels: Array.from(read, (row) => dataset.labels(row)),
    });
  }

  close(): Promise<void> {
    return this.#head.release();
  }

  #features(dataset: Dataset, rows: Uint32Array, o: FrozenOptions): Promise<TrunkResult> {
    const views = viewPlan(o.views);
    const perPicture = viewCount(views);
    return trunkFeatures({
      ...{ trunk: this.#trunk, preprocess: this.#preprocess, size: this.#model.size, rows, views },
      ...{ ortModule: ORT_MODULE, strict: o.strict, signal: o.signal },
      read: (row, signal) => dataset.read(row, signal),
      cache: join(cacheFolder(), 'features'),
      onProgress: (done) => o.onProgress?.(Math.floor(done / perPicture), rows.length),
    });
  }

  async #run(features: Float32Array, n: number): Promise<Float32Array> {
    const [input] = this.#head.inputNames;
    const [output] = this.#head.outputNames;
    const D = this.#model.dimensions;
    const width = features.length / n;
    const z = new Float32Array(n * D);
    for (let at = 0; at < n; at += HEAD_BATCH) {
      const count = Math.min(HEAD_BATCH, n - at);
      const part = features.subarray(at * width, (at + count) * width);
      const made = await this.#head.run({ [input]: new Tensor('float32', part, [count, width]) });
      z.set(made[output].data as Float32Array, at * D);
    }
    return z;
  }
}
