/** @file The retriever itself, in whatever thread it is: fetches, verifies, decodes, embeds, searches. */

import { type CodebookFile, type Gallery, MODEL_FILES, openGallery } from '@dqn/format';
import { type Distance, type Explanation, encode } from '@dqn/pq';
import {
  type EncodedPictures,
  encodeAll,
  type Hit,
  type Model,
  openModel,
  Searcher,
  type SearchFilter,
} from '@dqn/runtime';
import { decodePicture, type PortablePicture } from './decode.ts';
import { EdgeError } from './errors.ts';
import { fetchBytes } from './fetch.ts';
import { type HttpSource, httpSource } from './http-source.ts';
import type { OnProgress } from './progress.ts';
import { type EdgeProvider, type EdgeRuntime, loadRuntime } from './provider.ts';

/** What to open; addresses are absolute here. */
export interface EngineOptions {
  /** Address of the model folder, ending in a slash. */
  readonly model: string;
  readonly gallery: string;
  readonly provider: 'auto' | EdgeProvider;
  readonly threads?: number | undefined;
}

/** A query as it reaches the engine. */
export type EngineQuery = PortablePicture | Float32Array | { readonly row: number };

/** How many hits, and by which distance. */
export interface EdgeSearchOptions {
  /** Default 10. */
  readonly k?: number;
  /** Default: the codebook's. */
  readonly distance?: Distance;
  /** Which items may be found; all of them unless told. */
  readonly filter?: SearchFilter;
}

/** Milliseconds by stage; 0 for a stage that the query didn't need. */
export interface EdgeTimes {
  readonly decode: number;
  readonly preprocess: number;
  readonly network: number;
  readonly search: number;
}

/** What a search gives. */
export interface EdgeAnswer {
  readonly hits: readonly Hit[];
  readonly distance: Distance;
  /** The query's own code, M bytes. */
  readonly code: Uint8Array;
  /** The hits' codes, [hits.length, M] row-major. */
  readonly codes: Uint8Array;
  readonly times: EdgeTimes;
}

/** What was opened. */
export interface EdgeInfo {
  readonly provider: EdgeProvider;
  /** Why WebGPU isn't used; empty where it is. */
  readonly refused: string;
  readonly threads: number;
  /** Side of the network's input in pixels. */
  readonly size: number;
  readonly codebook: Omit<CodebookFile, 'codewords'>;
  readonly gallery: {
    /** Items; their rows are below `rows`, and some of those may be free. */
    readonly count: number;
    readonly rows: number;
    readonly classes: readonly string[];
    readonly thumbnailType: string;
    /** Bytes of the file, and whether it is read by ranges. */
    readonly size: number;
    readonly ranges: boolean;
  };
  /** How the items are arranged for searching. */
  readonly index: Explanation;
  /** Bytes of the model's files. */
  readonly modelBytes: number;
}

/** One open model and gallery. */
export class Engine {
  readonly info: EdgeInfo;
  readonly #model: Model;
  readonly #gallery: Gallery;
  readonly #searcher: Searcher;

  private constructor(info: EdgeInfo, model: Model, gallery: Gallery, searcher: Searcher) {
    this.info = info;
    this.#model = model;
    this.#gallery = gallery;
    this.#searcher = searcher;
  }

  /** Fetches what a search needs and checks that it belongs together; see openRetriever for the errors. */
  static async open(options: EngineOptions, onProgress: OnProgress, signal: AbortSignal): Promise<Engine> {
    // All three are large and come from different places: fetch them side by side.
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const opening = [
      loadRuntime(options.provider, options.threads),
      fetchModel(options.model, onProgress, either),
      fetchGallery(options.gallery, onProgress, either),
    ] as const;
    try {
      const [runtime, files, { source, gallery }] = await Promise.all(opening);
      signal.throwIfAborted();
      onProgress({ stage: 'runtime', loaded: 0, total: 0 });
      const model = await openModel(files, runtime);
      try {
        signal.throwIfAborted();
        // This is a thread of its own already.
        const searcher = await Searcher.open(gallery, model, { threads: 0, signal });
        await warmUp(model, searcher);
        const modelBytes = files.network.length + files.preprocess.length + files.codebook.length;
        onProgress({ stage: 'ready', loaded: modelBytes + source.transferred, total: modelBytes + source.transferred });
        return new Engine(infoOf(runtime, model, gallery, searcher, source, modelBytes), model, gallery, searcher);
      } catch (error) {
        await model.close();
        throw error;
      }
    } catch (error) {
      stop.abort();
      await Promise.allSettled(opening);
      throw error;
    }
  }

  /** The nearest items. */
  async search(query: EngineQuery, options: EdgeSearchOptions = {}): Promise<EdgeAnswer> {
    const times = { decode: 0, preprocess: 0, network: 0, search: 0 };
    const timed = async <T>(stage: keyof EdgeTimes, work: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      times[stage] = performance.now() - start;
      return result;
    };
    let vector: Float32Array;
    if (query instanceof Float32Array) vector = query;
    else if ('row' in query) vector = this.#searcher.vector(query.row);
    else {
      const picture = await timed('decode', () => decodePicture(query));
      const pixels = await timed('preprocess', () => this.#model.preprocess(picture));
      vector = await timed('network', () => this.#model.embedPixels(pixels, 1));
    }
    const { hits } = await timed('search', () => this.#searcher.search(vector, options));
    const distance = options.distance ?? this.#model.codebook.distance;
    const { codebook } = this.#model;
    const codes = new Uint8Array(hits.length * codebook.M);
    hits.forEach(({ row }, i) => {
      codes.set(this.#searcher.code(row), i * codebook.M);
    });
    return { hits, distance, code: encode(codebook, vector), codes, times };
  }

  /** Decodes and resizes pictures: uint8 [n, size, size, 3]. */
  async preprocess(pictures: readonly PortablePicture[]): Promise<Uint8Array> {
    const bytes = this.#model.size ** 2 * 3;
    const pixels = new Uint8Array(pictures.length * bytes);
    for (const [i, picture] of pictures.entries()) {
      pixels.set(await this.#model.preprocess(await decodePicture(picture)), i * bytes);
    }
    return pixels;
  }

  /** Embeds pictures: float32 [n, D]. */
  async embed(pictures: readonly PortablePicture[]): Promise<Float32Array> {
    return this.#model.embed(await Promise.all(pictures.map(decodePicture)));
  }

  /** Encodes pictures in batches of 32, decoding beside the network. */
  async encode(pictures: readonly PortablePicture[]): Promise<EncodedPictures> {
    return encodeAll(this.#model, { length: pictures.length, read: (i) => decodePicture(pictures[i]) });
  }

  /** The items of some rows. */
  async items(rows: readonly number[]): Promise<EdgeItem[]> {
    if (rows.some((row) => !this.#searcher.has(row))) {
      throw new EdgeError(
        'BAD_OPTION',
        `Rows ${rows.join(', ')}: the gallery has rows 0 to ${this.#searcher.rows - 1}, without those of removed items.`,
      );
    }
    const thumbnails = await this.#gallery.thumbnails(rows);
    const type = this.#gallery.meta.thumbnailType;
    return rows.map((row, i) => ({
      row,
      id: this.#searcher.id(row),
      labels: this.#searcher.labels(row),
      thumbnail: thumbnails[i] ? new Blob([thumbnails[i] as Uint8Array<ArrayBuffer>], { type }) : null,
    }));
  }

  /** Rows of some items drawn at random, each once: `count` of them, or all there are. */
  async sample(count: number): Promise<number[]> {
    const { rows } = this.#searcher;
    const wanted = Math.min(count, this.#searcher.count);
    const drawn = new Set<number>();
    let row = 0;
    for (let tries = 0; drawn.size < wanted; tries++) {
      // Where hardly a row is taken: one after the other.
      row = tries < 50 * wanted ? Math.floor(Math.random() * rows) : (row + 1) % rows;
      if (this.#searcher.has(row)) drawn.add(row);
    }
    return [...drawn];
  }

  /** Releases the sessions and the index. */
  async close(): Promise<void> {
    this.#searcher.close();
    await this.#model.close();
    await this.#gallery.close();
  }
}

/** An item of the gallery. */
export interface EdgeItem {
  readonly row: number;
  readonly id: string;
  readonly labels: readonly string[];
  /** An encoded picture; null where the gallery holds none. */
  readonly thumbnail: Blob | null;
}

/** The first run compiles shaders and allocates: better while loading than under the first query. */
async function warmUp(model: Model, searcher: Searcher): Promise<void> {
  const white = new Uint8Array(model.size ** 2 * 3).fill(255);
  searcher.search(await model.embedPixels(white, 1), { k: 1 });
}

async function fetchModel(folder: string, onProgress: OnProgress, signal: AbortSignal) {
  const counts = new Map<string, [number, number]>();
  const file = (name: string) =>
    fetchBytes(new URL(name, folder).href, {
      signal,
      onBytes(loaded, total) {
        counts.set(name, [loaded, total]);
        const sum = [...counts.values()].reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
        onProgress({ stage: 'model', loaded: sum[0], total: sum[1] });
      },
    });
  const [network, preprocess, codebook] = await Promise.all([
    file(MODEL_FILES.network),
    file(MODEL_FILES.preprocess),
    file(MODEL_FILES.codebook),
  ]);
  return { network, preprocess, codebook };
}

async function fetchGallery(url: string, onProgress: OnProgress, signal: AbortSignal) {
  const source = await httpSource(url, {
    signal,
    onBytes: (loaded, total) => onProgress({ stage: 'gallery', loaded, total }),
  });
  return { source, gallery: await openGallery(source, { signal }) };
}

function infoOf(
  runtime: EdgeRuntime,
  model: Model,
  gallery: Gallery,
  searcher: Searcher,
  source: HttpSource,
  modelBytes: number,
): EdgeInfo {
  const { codewords: _, ...codebook } = model.codebook;
  const { count, rows, classes, thumbnailType } = gallery.meta;
  const { provider, refused, threads } = runtime;
  const { size, ranges } = source;
  return {
    provider,
    refused,
    threads,
    size: model.size,
    codebook,
    gallery: { count, rows, classes, thumbnailType, size, ranges },
    index: searcher.explain(),
    modelBytes,
  };
}
