/** @file Image retrieval on a server: a model, a gallery that changes while it is searched, and many clients at a time. */
import { decodePicture } from '@dqn/data';
import { type Distance, decode, encode } from '@dqn/pq';
import { type BatchOptions, type EncodedPictures, encodeAll, type Model, type PictureSource } from '@dqn/runtime';
import { ServerError } from './errors.ts';
import type { Tried } from './inference/batch-size.ts';
import { type EmbeddedImage, type Image, type Images, noTimes, type Times } from './inference/images.ts';
import type { Observe } from './inference/observe.ts';
import { type NewItem, toStored } from './items.ts';
import type { Choice } from './providers.ts';
import type { FoundItem, GalleryStore, ItemFilter, ItemId, StoreHit, StoreSearch, StoreStats } from './store/store.ts';

/** What is searched by: an image, an embedding (float32 [D]), or an item of the gallery. */
export type Query = Image | Float32Array | { readonly id: ItemId };

/** What answers may bring beside ids, distances and labels. */
export type Include = 'metadata' | 'code';

/** How to search. */
export interface AnswerOptions {
  /** Hits wanted; default 10. */
  readonly k?: number | undefined;
  /** Hits left out before them; default 0. */
  readonly offset?: number | undefined;
  /** Default: the codebook's. */
  readonly distance?: Distance | undefined;
  /** Takes partial results, of a gallery on several shards, and hears of those that don't answer. */
  readonly onMissing?: StoreSearch['onMissing'];
  /** Which items may be found; all of them unless told. */
  readonly filter?: ItemFilter | undefined;
  /** `metadata`: that of the hits; `code`: the query's own. */
  readonly include?: readonly Include[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a search gives. */
export interface Answer {
  /** Nearest first. */
  readonly hits: readonly StoreHit[];
  readonly distance: Distance;
  /** The query's code, M bytes, where it was asked for. */
  readonly code: Uint8Array | undefined;
  /** Milliseconds by stage. */
  readonly times: Times;
}

/** What a retriever runs on and holds. */
export interface RetrieverInfo {
  readonly model: { readonly sha256: string; readonly size: number; readonly dimensions: number };
  readonly codebook: {
    readonly sha256: string;
    readonly M: number;
    readonly K: number;
    readonly bits: number;
    readonly distance: Distance;
    readonly classes: readonly string[];
    readonly training: unknown;
  };
  readonly gallery: StoreStats | null;
  /** `batch`: images a run of the network at most. */
  readonly runtime: Choice & { readonly batch: number };
}

/** Why not everything works. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** What a retriever is made of. */
export interface Parts {
  readonly model: Model;
  readonly choice: Choice;
  readonly images: Images;
  readonly store: GalleryStore | undefined;
  /** Why a graph can't be run at present. */
  readonly down: () => string | undefined;
  readonly observe: Observe;
}

/** How an item is added. */
export interface AddOptions {
  readonly signal?: AbortSignal | undefined;
}

/** An open model, and maybe a gallery; made by `createRetriever`. It holds threads and memory: close() it. */
export class Retriever {
  readonly model: Model;
  readonly choice: Choice;
  readonly #parts: Parts;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.model = parts.model;
    this.choice = parts.choice;
    this.#parts = parts;
  }

  /** @throws ServerError `NO_GALLERY` when none was opened, `CLOSED` */
  get store(): GalleryStore {
    this.#checkOpen();
    const { store } = this.#parts;
    if (store) return store;
    throw new ServerError(
      'NO_GALLERY',
      'No gallery was opened; give createRetriever a gallery file (made by `dqn index`).',
    );
  }

  /**
   * Embeds images, together with those of everybody else.
   *
   * @returns float32 [n, D], row-major
   * @throws ServerError `OVERLOADED`, `UNAVAILABLE`, `SESSION_FAILED`, `CLOSED`; DataError `UNREADABLE_PICTURE`,
   * `PICTURE_TOO_LARGE`; RuntimeError `BAD_PICTURE`; the signal's reason
   */
  async embed(images: readonly Image[], { signal }: AddOptions = {}): Promise<Float32Array> {
    return this.#joined(await this.#images().embed(images, { signal }));
  }

  /** The codes of images: uint8 [n, M], row-major. Throws as `embed`. */
  async encode(images: readonly Image[], options: AddOptions = {}): Promise<Uint8Array> {
    return encode(this.model.codebook, await this.embed(images, options));
  }

  /**
   * Encodes many image files: decoding and resizing run beside the network.
   *
   * @example await retriever.encodeFiles(paths, { onUnreadable: (i, error) => console.warn(paths[i], error) });
   */
  encodeFiles(paths: readonly string[], options: BatchOptions = {}): Promise<EncodedPictures> {
    return this.encodeSource({ length: paths.length, read: (index) => decodePicture(paths[index]) }, options);
  }

  /** The same for a data set or any other source of pictures. */
  encodeSource(source: PictureSource, options: BatchOptions = {}): Promise<EncodedPictures> {
    return encodeAll(this.model, source, options);
  }

  /**
   * Finds the items nearest to a query.
   *
   * @throws as `embed`, and ServerError `NO_GALLERY`, `NOT_FOUND` for an id that no item has, `BAD_QUERY`, `BAD_FILTER`,
   * `UNKNOWN_LABEL`
   */
  async search(query: Query, options: AnswerOptions = {}): Promise<Answer> {
    const { store } = this;
    const { vector, times } = await this.#vector(query, options);
    const start = performance.now();
    const hits = await store.search(vector, storeSearch(options));
    times.search = this.#searched(start);
    return this.#answer(hits, vector, times, options);
  }

  /**
   * Many searches with the same options, all of one state of the gallery.
   *
   * @throws as `search`, for the first query that fails
   */
  async searchMany(queries: readonly Query[], options: AnswerOptions = {}): Promise<Answer[]> {
    const { store } = this;
    if (queries.length === 0) return [];
    const asked = await this.#vectors(queries, options);
    const start = performance.now();
    const answers = await store.searchMany(this.#joined(asked), storeSearch(options));
    const ms = this.#searched(start);
    return asked.map(({ vector, times }, i) =>
      this.#answer(answers[i], vector, { ...times, search: ms / queries.length }, options),
    );
  }

  /**
   * Adds items, and replaces those that have their ids: all or none, durable when it returns. Images wait for quiet
   * moments rather than stand in the way of searches.
   *
   * @returns for each whether it is new
   * @throws as `embed`, and ServerError `NO_GALLERY`, `BAD_ITEM`, `READ_ONLY`, `WRITES_REFUSED`
   * @example await retriever.add([{ id: 'cat-1', image: await readFile('cat.jpg'), labels: ['cat'], thumbnail: 'make' }]);
   */
  async add(items: readonly NewItem[], { signal }: AddOptions = {}): Promise<boolean[]> {
    const { store } = this;
    const stored = await toStored(items, this.#images(), this.model.codebook, store.stats().thumbnailType, signal);
    return store.put(stored, { signal });
  }

  /**
   * Removes items; ids that no item has are passed over.
   *
   * @returns for each whether it was there
   * @throws ServerError `NO_GALLERY`, `READ_ONLY`, `WRITES_REFUSED`
   */
  remove(ids: readonly ItemId[], { signal }: AddOptions = {}): Promise<boolean[]> {
    return this.store.remove(ids, { signal });
  }

  /** An item; undefined if there is no such item. */
  get(id: ItemId, { signal }: AddOptions = {}): Promise<FoundItem | undefined> {
    return this.store.get(id, { signal });
  }

  /** Items of the gallery; 0 without one. */
  get count(): number {
    return this.#parts.store?.count ?? 0;
  }

  /**
   * Runs the network at several sizes of a batch, so that the first clients find it warm, and keeps the one that pays.
   *
   * @returns what was measured
   */
  warm({ signal }: AddOptions = {}): Promise<readonly Tried[]> {
    return this.#images().warm(signal);
  }

  /** @throws ServerError `OVERLOADED` where an image that came now would be refused: worth asking before it is read */
  checkRoom(): void {
    this.#images().checkRoom();
  }

  /** Images that are inside, how many may be, how long one that came now would take, and how many are run together. */
  load(): Images['load'] {
    return this.#images().load;
  }

  /** What doesn't work at present: searches that need no network may all the same. */
  health(): { readonly ready: boolean; readonly problems: readonly Problem[] } {
    const problems: Problem[] = [];
    if (this.#closed) problems.push({ code: 'CLOSED', message: 'The retriever was closed.' });
    else {
      const down = this.#parts.down();
      if (down) problems.push({ code: 'UNAVAILABLE', message: `ONNX Runtime can't be started: ${down}` });
      const trouble = this.#parts.store?.stats().trouble;
      if (trouble && trouble.code !== 'READ_ONLY') problems.push({ code: trouble.code, message: trouble.message });
    }
    return { ready: problems.length === 0, problems };
  }

  /** Everything worth knowing about what is served. */
  info(): RetrieverInfo {
    const { codebook, codebookSha256, modelSha256, size, dimensions } = this.model;
    return {
      model: { sha256: modelSha256, size, dimensions },
      codebook: {
        sha256: codebookSha256,
        M: codebook.M,
        K: codebook.K,
        bits: codebook.M * Math.log2(codebook.K),
        distance: codebook.distance,
        classes: codebook.classes,
        training: codebook.training,
      },
      gallery: this.#parts.store?.stats() ?? null,
      runtime: { ...this.choice, batch: this.#parts.images.load.batch },
    };
  }

  /** Waits for the writes that were begun, ends the threads and closes the files; a second call waits for the first. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#parts.store?.close();
      await this.model.close();
    })();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #vector(query: Query, { signal, onMissing }: AnswerOptions): Promise<Pick<EmbeddedImage, 'vector' | 'times'>> {
    if (query instanceof Float32Array) return { vector: query, times: noTimes() };
    if (isImage(query)) return (await this.#images().embed([query], { signal }))[0];
    const item = await this.store.get(query.id, { signal, partial: onMissing !== undefined });
    if (item) return { vector: decode(this.model.codebook, item.code), times: noTimes() };
    throw new ServerError('NOT_FOUND', `No item of this gallery has the id ${JSON.stringify(query.id)}.`);
  }

  async #vectors(queries: readonly Query[], options: AnswerOptions) {
    const { signal } = options;
    const images = queries.filter(isImage);
    // At once, so that they are let in together or not at all.
    const embedded = (await this.#images().embed(images, { signal })).values();
    return Promise.all(
      queries.map((query) => (isImage(query) ? embedded.next().value! : this.#vector(query, options))),
    );
  }

  #answer(hits: readonly StoreHit[], vector: Float32Array, times: Times, options: AnswerOptions): Answer {
    const { codebook } = this.model;
    const code = options.include?.includes('code') ? encode(codebook, vector) : undefined;
    return { hits, distance: options.distance ?? codebook.distance, code, times };
  }

  #searched(start: number): number {
    const ms = performance.now() - start;
    this.#parts.observe({ kind: 'stage', stage: 'search', ms });
    return ms;
  }

  #joined(embedded: readonly Pick<EmbeddedImage, 'vector'>[]): Float32Array {
    const { dimensions } = this.model;
    const all = new Float32Array(embedded.length * dimensions);
    embedded.forEach(({ vector }, i) => {
      if (vector.length !== dimensions) throw badLength(vector.length, dimensions);
      all.set(vector, i * dimensions);
    });
    return all;
  }

  #images(): Images {
    this.#checkOpen();
    return this.#parts.images;
  }

  #checkOpen(): void {
    if (this.#closed) throw new ServerError('CLOSED', 'This retriever was closed; create another one.');
  }
}

function isImage(query: Query): query is Image {
  return typeof query === 'string' || query instanceof Uint8Array || 'data' in query;
}

function storeSearch({ include, ...options }: AnswerOptions): StoreSearch {
  return { ...options, metadata: include?.includes('metadata') ?? false };
}

function badLength(length: number, dimensions: number): ServerError {
  return new ServerError(
    'BAD_QUERY',
    `A query has ${length} numbers; the embeddings of this model have ${dimensions}.`,
  );
}
