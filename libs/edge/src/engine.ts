/** @file The retriever itself, in whatever thread it is: fetches, verifies, decodes, embeds, searches. */

import { type CodebookFile, MODEL_FILES, openGallery } from '@dqn/format';
import { type Distance, type Explanation, encode } from '@dqn/pq';
import { type EncodedPictures, encodeAll, type Model, openModel, Searcher } from '@dqn/runtime';
import { decodePicture, type PortablePicture } from './decode.ts';
import { EdgeError } from './errors.ts';
import { fetchBytes } from './fetch.ts';
import { type HttpSource, httpSource } from './http-source.ts';
import type { CallOptions, PortableOwn } from './own/add.ts';
import type { EdgeFilter } from './own/join.ts';
import type { OwnPictures } from './own/open.ts';
import type { Added, OwnProgress, OwnState } from './own/state.ts';
import type { OnProgress } from './progress.ts';
import { type EdgeProvider, type EdgeRuntime, loadRuntime } from './provider.ts';
import { type EdgeHit, type EdgeItem, type OpenedGallery, Searched } from './searched.ts';

/** What to open; addresses are absolute here. */
export interface EngineOptions {
  /** Address of the model folder, ending in a slash. */
  readonly model: string;
  readonly gallery: string | undefined;
  /** Name of the collection of own pictures. */
  readonly own: string | undefined;
  readonly provider: 'auto' | EdgeProvider;
  readonly threads?: number | undefined;
}

/** Whom an engine tells. */
export interface EngineListeners {
  readonly onProgress: OnProgress;
  readonly onOwn: (own: OwnState) => void;
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
  readonly filter?: EdgeFilter;
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
  readonly hits: readonly EdgeHit[];
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
  /** Where one was opened. */
  readonly gallery?: {
    /** Items; their rows are below `rows`, and some of those may be free. */
    readonly count: number;
    readonly rows: number;
    readonly classes: readonly string[];
    readonly thumbnailType: string;
    /** Bytes of the file, and whether it is read by ranges. */
    readonly size: number;
    readonly ranges: boolean;
  };
  /** How the gallery's items are arranged for searching. */
  readonly index?: Explanation;
  /** Bytes of the model's files. */
  readonly modelBytes: number;
}

/** One open model and gallery. */
export class Engine {
  readonly info: EdgeInfo;
  readonly #model: Model;
  readonly #searched: Searched;
  readonly #own: OwnPictures | undefined;

  private constructor(info: EdgeInfo, model: Model, searched: Searched, own: OwnPictures | undefined) {
    this.info = info;
    this.#model = model;
    this.#searched = searched;
    this.#own = own;
  }

  /** Fetches what a search needs and checks that it belongs together; see openRetriever for the errors. */
  static async open(options: EngineOptions, listeners: EngineListeners, signal: AbortSignal): Promise<Engine> {
    const { onProgress, onOwn } = listeners;
    // All three are large and come from different places: fetch them side by side.
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const opening = [
      loadRuntime(options.provider, options.threads),
      fetchModel(options.model, onProgress, either),
      options.gallery === undefined ? undefined : fetchGallery(options.gallery, onProgress, either),
    ] as const;
    try {
      const [runtime, files, fetched] = await Promise.all(opening);
      signal.throwIfAborted();
      onProgress({ stage: 'runtime', loaded: 0, total: 0 });
      const model = await openModel(files, runtime);
      let searched: Searched | undefined;
      try {
        signal.throwIfAborted();
        const gallery = fetched && {
          ...fetched,
          // This is a thread of its own already.
          searcher: await Searcher.open(fetched.gallery, model, { threads: 0, signal }),
        };
        const own = await openOwnPictures(options.own, model, gallery?.gallery.meta.rows ?? 0, onOwn);
        searched = new Searched(gallery, own);
        await warmUp(model, searched);
        const modelBytes = files.network.length + files.preprocess.length + files.codebook.length;
        const loaded = modelBytes + (gallery?.source.transferred ?? 0);
        onProgress({ stage: 'ready', loaded, total: loaded });
        return new Engine(infoOf(runtime, model, gallery, modelBytes), model, searched, own);
      } catch (error) {
        await searched?.close();
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
    else if ('row' in query) vector = this.#searched.vector(query.row);
    else {
      const picture = await timed('decode', () => decodePicture(query));
      const pixels = await timed('preprocess', () => this.#model.preprocess(picture));
      vector = await timed('network', () => this.#model.embedPixels(pixels, 1));
    }
    const { codebook } = this.#model;
    const { k = 10, distance = codebook.distance, filter } = options;
    const hits = await timed('search', () => this.#searched.search(vector, { k, distance, filter }));
    const codes = new Uint8Array(hits.length * codebook.M);
    hits.forEach(({ row }, i) => {
      codes.set(this.#searched.code(row), i * codebook.M);
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
  items(rows: readonly number[]): Promise<EdgeItem[]> {
    return this.#searched.items(rows);
  }

  /** Rows of some items drawn at random, each once: `count` of them, or all there are. */
  async sample(count: number): Promise<number[]> {
    return this.#searched.sample(count);
  }

  /** Adds own pictures; see the retriever, as for the following. */
  add(items: readonly PortableOwn[], options: CallOptions<OwnProgress>): Promise<Added> {
    return this.#ownPictures().add(items, options);
  }

  remove(ids: readonly string[]): Promise<boolean[]> {
    return this.#ownPictures().remove(ids);
  }

  clearOwn(): Promise<void> {
    return this.#ownPictures().clear();
  }

  async ownItems(range: { readonly offset?: number; readonly limit?: number }): Promise<EdgeItem[]> {
    const own = this.#ownPictures();
    return own.entries(own.rows(range));
  }

  exportGallery(): Promise<Blob> {
    return this.#ownPictures().exportGallery();
  }

  importGallery(file: Blob, options: CallOptions<OwnProgress>): Promise<{ ids: string[] }> {
    return this.#ownPictures().importGallery(file, options);
  }

  /** Releases the sessions and the index. */
  async close(): Promise<void> {
    await this.#searched.close();
    await this.#model.close();
  }

  #ownPictures(): OwnPictures {
    if (this.#own !== undefined) return this.#own;
    throw new EdgeError('NO_OWN', "This retriever has no own pictures: give openRetriever `own: 'a name'`.");
  }
}

/** Own pictures' code is only loaded where it is wanted. */
async function openOwnPictures(
  name: string | undefined,
  model: Model,
  first: number,
  onChange: (own: OwnState) => void,
): Promise<OwnPictures | undefined> {
  if (name === undefined) return undefined;
  const { openOwn } = await import('./own/open.ts');
  return openOwn({ name, model, first, onChange });
}

/** The first run compiles shaders and allocates: better while loading than under the first query. */
async function warmUp(model: Model, searched: Searched): Promise<void> {
  const white = new Uint8Array(model.size ** 2 * 3).fill(255);
  searched.search(await model.embedPixels(white, 1), { k: 1, distance: model.codebook.distance });
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
  opened: (OpenedGallery & { readonly source: HttpSource }) | undefined,
  modelBytes: number,
): EdgeInfo {
  const { codewords: _, ...codebook } = model.codebook;
  const { provider, refused, threads } = runtime;
  const info = { provider, refused, threads, size: model.size, codebook, modelBytes };
  if (opened === undefined) return info;
  const { count, rows, classes, thumbnailType } = opened.gallery.meta;
  const { size, ranges } = opened.source;
  return {
    ...info,
    gallery: { count, rows, classes, thumbnailType, size, ranges },
    index: opened.searcher.explain(),
  };
}
