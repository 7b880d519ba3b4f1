/** @file The retriever itself, in whatever thread it is: fetches, verifies, decodes, embeds, searches. */

import { type Distance, encode, lookupTable } from '@dqn/pq';
import { type EncodedPictures, type Model, openModel } from '@dqn/runtime';
import { decodePicture, type PortablePicture } from './decode.ts';
import { EdgeError } from './errors.ts';
import { type EdgeInfo, infoOf, type StorageInfo } from './info.ts';
import { DownloadedGallery } from './load/gallery.ts';
import { hashOf } from './load/hash.ts';
import { loadModel } from './load/model.ts';
import { Store } from './load/store.ts';
import { Watch } from './load/watch.ts';
import type { CallOptions, PortableOwn } from './own/add.ts';
import { OwnLater } from './own/later.ts';
import type { OwnPictures } from './own/open.ts';
import type { EdgeFilter } from './own/split.ts';
import type { Added, OwnProgress, OwnState } from './own/state.ts';
import { type OnProgress, Reporter } from './progress.ts';
import { type EdgeProvider, type EdgeRuntime, loadRuntime } from './provider.ts';
import { type EdgeHit, type EdgeItem, Searched } from './searched.ts';

/** Of a video's frame, the shorter side in sides of the network's picture. */
const FRAME_SIDES = 2;

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
  /** What was opened has become another. */
  readonly onInfo: (info: EdgeInfo) => void;
}

/** An item as a query. */
export type ItemQuery = { readonly row: number } | { readonly id: string };

/** A query as it reaches the engine. */
export type EngineQuery = PortablePicture | Float32Array | ItemQuery;

/** How many hits, and by which distance. */
export interface EngineSearchOptions {
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
  /** Ids and labels of the hits, which are fetched while not all of them are here. */
  readonly names: number;
}

/** What a search gives. */
export interface EdgeAnswer {
  readonly hits: readonly EdgeHit[];
  readonly distance: Distance;
  /** The query's embedding, [D]; `search` takes it again. */
  readonly vector: Float32Array;
  /** The query's own code, M bytes. */
  readonly code: Uint8Array;
  /** The hits' codes, [hits.length, M] row-major. */
  readonly codes: Uint8Array;
  /** What each subspace contributes to each hit's distance, [hits.length, M] row-major. */
  readonly parts: Float32Array;
  readonly times: EdgeTimes;
}

/** What is open. */
interface Opened {
  readonly runtime: EdgeRuntime;
  readonly model: Model;
  readonly modelBytes: number;
  readonly gallery: DownloadedGallery | undefined;
  readonly own: OwnLater | undefined;
  readonly storage: StorageInfo;
  readonly onInfo: (info: EdgeInfo) => void;
}

/** One open model and gallery. */
export class Engine {
  readonly #opened: Opened;
  readonly #model: Model;
  readonly #searched: Searched;
  #completing: Promise<void> | undefined;
  #isComplete = false;

  private constructor(opened: Opened, searched: Searched) {
    this.#opened = opened;
    this.#model = opened.model;
    this.#searched = searched;
  }

  /** Fetches what a search needs and checks that it belongs together; see openRetriever for the errors. */
  static async open(options: EngineOptions, { onProgress, onOwn, onInfo }: EngineListeners): Promise<Engine> {
    const reporter = new Reporter(onProgress);
    const watch = new Watch((silent) => reporter.stall(silent));
    let engine: Engine | undefined;
    const storage = { refused: '', offline: '' };
    const note = (facts: Partial<StorageInfo>): void => {
      Object.assign(storage, facts);
      engine?.tell();
    };
    const store = new Store((refused) => note({ refused }));
    const stop = new AbortController();
    const { signal } = stop;
    const means = { store, signal, watch, onOffline: (offline: string) => note({ offline }) };
    // All three are large and come from different places: fetch them side by side.
    const loading = loadModel(options.model, {
      ...means,
      onBytes: (loaded, total) => reporter.step('model', loaded, total),
    });
    const opening =
      options.gallery === undefined
        ? undefined
        : DownloadedGallery.open(options.gallery, loading.codebook, {
            ...means,
            onBytes: (loaded, total) => reporter.step('gallery', loaded, total),
          });
    // Where one of them fails the others may, too, and nobody waits for those.
    for (const promise of [loading.codebook, opening]) promise?.catch(() => undefined);
    const closing: (() => Promise<void> | undefined)[] = [() => opening?.then((gallery) => gallery.close())];
    try {
      const ended = watch.begin();
      const openingRuntime = loadRuntime(options.provider, {
        threads: options.threads,
        onLost: () => engine?.tell(),
      }).finally(ended);
      // The runtime waits for files, and they for nothing.
      const [runtime, files, gallery] = await Promise.all([openingRuntime, loading.bytes, opening]);
      reporter.step('runtime', 0, 0);
      const loaded = watch.begin();
      const model = await openModel(files, { ...runtime, hash: hashOf }).finally(loaded);
      closing.push(() => model.close());
      const first = gallery?.rows ?? 0;
      const own =
        options.own === undefined
          ? undefined
          : await OwnLater.prepare({ name: options.own, model, first, onChange: onOwn });
      closing.push(async () => own?.close());
      const modelBytes = files.network.length + files.preprocess.length + files.codebook.length;
      const searched = new Searched(gallery, own, model.codebook.D);
      engine = new Engine({ runtime, model, modelBytes, gallery, own, storage, onInfo }, searched);
      await engine.#warmUp();
      const bytes = modelBytes + (gallery?.transfer.transferred ?? 0);
      reporter.step('ready', bytes, bytes);
      // It belongs together: what has come is kept, and the rest of the gallery follows.
      void loading.remember();
      void engine.complete().catch(() => undefined);
      return engine;
    } catch (error) {
      stop.abort();
      for (const close of closing.reverse()) await close()?.catch(() => undefined);
      throw error;
    }
  }

  /** What is open, as of now. */
  get info(): EdgeInfo {
    return infoOf({ ...this.#opened, storage: { ...this.#opened.storage }, complete: this.#isComplete });
  }

  /** Tells the page that the info has changed. */
  tell(): void {
    this.#opened.onInfo(this.info);
  }

  /** Loads what a first search could do without: ids and labels; what is here by then is kept. */
  complete(): Promise<void> {
    this.#completing ??= (async () => {
      await this.#opened.gallery?.complete();
      this.#isComplete = true;
      this.tell();
    })().catch((error) => {
      this.#completing = undefined;
      throw error;
    });
    return this.#completing;
  }

  /** The nearest items. */
  async search(
    query: EngineQuery,
    options: EngineSearchOptions = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<EdgeAnswer> {
    const times = { decode: 0, preprocess: 0, network: 0, search: 0, names: 0 };
    const timed = async <T>(stage: keyof EdgeTimes, work: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      times[stage] = performance.now() - start;
      signal?.throwIfAborted();
      return result;
    };
    let vector: Float32Array;
    if (query instanceof Float32Array) vector = query;
    else if ('row' in query) vector = this.#searched.vector(query.row);
    else if ('id' in query) vector = this.#searched.vector(await this.#searched.row(query.id));
    else {
      const picture = await timed('decode', () => decodePicture(query, FRAME_SIDES * this.#model.size));
      const pixels = await timed('preprocess', () => this.#model.preprocess(picture));
      vector = await timed('network', () => this.#model.embedPixels(pixels, 1));
    }
    const { codebook } = this.#model;
    const { M, K } = codebook;
    const { k = 10, distance = codebook.distance, filter } = options;
    const found = await timed('search', () => this.#searched.search(vector, { k, distance, filter }));
    // At once: while names are read an own picture may be removed by another tab.
    const codes = new Uint8Array(found.length * M);
    for (const [i, { row }] of found.entries()) codes.set(this.#searched.code(row), i * M);
    const hits = await timed('names', () => this.#searched.named(found));
    const table = lookupTable(codebook, vector, distance);
    const parts = Float32Array.from(codes, (word, i) => table[(i % M) * K + word]);
    return { hits, distance, vector, code: encode(codebook, vector), codes, parts, times };
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
    return this.#model.embed(await Promise.all(pictures.map((picture) => decodePicture(picture))));
  }

  /** Encodes pictures in batches of 32, decoding beside the network. */
  async encode(pictures: readonly PortablePicture[]): Promise<EncodedPictures> {
    const { encodeAll } = await import('./encode-all.ts');
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
  async add(items: readonly PortableOwn[], options: CallOptions<OwnProgress>): Promise<Added> {
    return (await this.#ownPictures()).add(items, options);
  }

  async remove(ids: readonly string[]): Promise<boolean[]> {
    return (await this.#ownPictures()).remove(ids);
  }

  async clearOwn(): Promise<void> {
    return (await this.#ownPictures()).clear();
  }

  async ownItems(range: { readonly offset?: number; readonly limit?: number }): Promise<EdgeItem[]> {
    const own = await this.#ownPictures();
    return own.entries(own.rows(range));
  }

  async exportGallery(): Promise<Blob> {
    return (await this.#ownPictures()).exportGallery();
  }

  async importGallery(file: Blob, options: CallOptions<OwnProgress>): Promise<{ ids: string[] }> {
    return (await this.#ownPictures()).importGallery(file, options);
  }

  /** Releases the sessions and the index. */
  async close(): Promise<void> {
    await this.#searched.close();
    await this.#model.close();
  }

  /** The first run compiles shaders and allocates: better while loading than under the first query. */
  async #warmUp(): Promise<void> {
    const white = new Uint8Array(this.#model.size ** 2 * 3).fill(255);
    const vector = await this.#model.embedPixels(white, 1);
    await this.#searched.search(vector, { k: 1, distance: this.#model.codebook.distance });
  }

  #ownPictures(): Promise<OwnPictures> {
    if (this.#opened.own !== undefined) return this.#opened.own.open();
    return Promise.reject(
      new EdgeError('NO_OWN', "This retriever has no own pictures: give openRetriever `own: 'a name'`."),
    );
  }
}
