/** @file What a page calls: the retriever lives in a worker, so the page stays quick while it loads and searches. */

import type { EncodedPictures } from '@dqn/runtime';
import { toPortable } from './decode.ts';
import type { EdgeAnswer, EngineOptions, EngineSearchOptions, ItemQuery } from './engine.ts';
import { EdgeError, fromPlain } from './errors.ts';
import type { EdgeInfo } from './info.ts';
import type { Added, OwnProgress, OwnState, Rejected } from './own/state.ts';
import type { OnProgress } from './progress.ts';
import type { Method, ToPage, ToWorker } from './protocol.ts';
import type { EdgeProvider } from './provider.ts';
import type { EdgeItem } from './searched.ts';
import { startWorker } from './start-worker.ts';

/** What to open. */
export interface OpenOptions {
  /** Address of the model folder; relative ones are relative to the page. */
  readonly model: string | URL;
  /** Address of the gallery file; read by HTTP ranges where the server sends them. Not needed where there is `own`. */
  readonly gallery?: string | URL;
  /**
   * Name of a collection of own pictures, which `add` adds to: kept in this browser for this origin, and searched with the
   * gallery. It belongs to the model: another model has another one of that name.
   */
  readonly own?: string;
  /** Told of the collection when it changes, here or in another tab. */
  readonly onOwn?: (own: OwnState) => void;
  /** Default `auto`: WebGPU where there is a real GPU, else wasm. A name insists. */
  readonly provider?: 'auto' | EdgeProvider;
  /** Threads of wasm; default: one a core, at most 8, and 1 where the page isn't cross-origin isolated. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Told when `info` has become another: names are complete, WebGPU was lost, the browser refuses to keep something. */
  readonly onChange?: (info: EdgeInfo) => void;
}

/** How to search. */
export interface EdgeSearchOptions extends EngineSearchOptions {
  /** Gives the search up: a live camera's next frame is more welcome than this one's hits. */
  readonly signal?: AbortSignal;
}

/** A picture in any form that a page has it, or an embedding, or an item of the gallery. */
export type EdgePicture =
  | Blob
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas;

/** A picture to be added to one's own. */
export interface OwnPicture {
  /** One that is there is replaced. A new random one unless told. */
  readonly id?: string;
  readonly picture: EdgePicture;
  readonly labels?: readonly string[];
}

/** How a call is heard of and ended. */
export interface OwnCallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OwnProgress) => void;
}

/** What can be searched by. */
export type EdgeQuery = EdgePicture | Float32Array | ItemQuery;

/**
 * Loads a model and a gallery into the page and checks that they belong together. It can be searched as soon as the codes
 * are here; ids and labels go on loading. What was loaded is kept in the browser, and only what changed is loaded again.
 *
 * @throws EdgeError `BAD_OPTION` for neither gallery nor own pictures, `FETCH_FAILED`, `STALLED`, `NO_PROVIDER`,
 * `THREAD_FAILED`; FormatError where a file is damaged or doesn't belong to the others (both hashes named): nothing of
 * that is kept; RuntimeError; the signal's reason
 * @example
 * const retriever = await openRetriever({ model: './model/', gallery: './gallery' });
 * const { hits } = await retriever.search(file, { k: 12 });
 */
export async function openRetriever(options: OpenOptions): Promise<EdgeRetriever> {
  const { signal, onProgress, onOwn, onChange, own, provider = 'auto', threads } = options;
  signal?.throwIfAborted();
  if (options.gallery === undefined && own === undefined) {
    throw new EdgeError('BAD_OPTION', "There is nothing to search: give a `gallery`, or `own: 'a name'`, or both.");
  }
  if (own !== undefined && !/^[^\p{Surrogate}]{1,60}$/u.test(own)) {
    throw new EdgeError('BAD_OPTION', `own is ${JSON.stringify(own)}; expected a name of 1 to 60 characters.`);
  }
  const folder = new URL(options.model, document.baseURI);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const engine: EngineOptions = {
    model: folder.href,
    gallery: options.gallery === undefined ? undefined : new URL(options.gallery, document.baseURI).href,
    own,
    provider,
    threads,
  };
  const worker = startWorker();
  let onAbort = (): void => {};
  let state: OwnState | undefined;
  try {
    const info = await new Promise<EdgeInfo>((resolve, reject) => {
      // Whatever is under way in it ends with the worker.
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
        if (data.kind === 'progress') onProgress?.(data.progress);
        else if (data.kind === 'own') state = data.own;
        else if (data.kind === 'opened') resolve(data.info);
        else if (data.kind === 'refused') reject(fromPlain(data.error));
      };
      worker.onerror = (event) => reject(threadFailed(event));
      worker.postMessage({ kind: 'open', options: engine } satisfies ToWorker);
    });
    return new EdgeRetriever(worker, info, { own: state, onOwn, onChange });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Pictures handed to the worker at a time: those of a page's elements are copies in memory. */
const PART = 128;

/** A call under way. */
interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly onStep?: ((step: never) => void) | undefined;
}

/** What is known of own pictures when a retriever is open, and who hears of changes from then on. */
interface Heard {
  readonly own: OwnState | undefined;
  readonly onOwn: ((own: OwnState) => void) | undefined;
  readonly onChange: ((info: EdgeInfo) => void) | undefined;
}

interface CallWith {
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: OwnProgress) => void) | undefined;
}

/** An open retriever. It holds a worker, a model and a gallery: close() it. */
export class EdgeRetriever {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #info: EdgeInfo;
  #own: OwnState | undefined;
  #complete: Promise<void> | undefined;
  #nextId = 0;
  #ended: Error | undefined;

  /** Use openRetriever. */
  constructor(worker: Worker, info: EdgeInfo, { own, onOwn, onChange }: Heard) {
    this.#worker = worker;
    this.#own = own;
    this.#info = info;
    worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (data.kind === 'result') this.#take(data.id)?.resolve(data.value as never);
      else if (data.kind === 'error') this.#take(data.id)?.reject(fromPlain(data.error));
      else if (data.kind === 'step') this.#waiting.get(data.id)?.onStep?.(data.value as never);
      else if (data.kind === 'own') {
        this.#own = data.own;
        onOwn?.(data.own);
      } else if (data.kind === 'info') {
        this.#info = data.info;
        onChange?.(data.info);
      }
    };
    worker.onerror = (event) => {
      // It may run on, and holds its memory and its locks: nobody could end it later.
      worker.terminate();
      this.#end(threadFailed(event));
    };
  }

  /** What is open, as of now. */
  get info(): EdgeInfo {
    return this.#info;
  }

  /**
   * Fulfilled when the whole gallery but its pictures is here and kept: from then on it is searched without a network.
   * Rejected where that failed; asked again, it is tried again.
   */
  get complete(): Promise<void> {
    this.#complete ??= this.#call<void>('complete').catch((error) => {
      this.#complete = undefined;
      throw error;
    });
    return this.#complete;
  }

  /** Where the network runs. */
  get provider(): EdgeProvider {
    return this.#info.provider;
  }

  /**
   * Finds the items nearest to a picture, an embedding or another item.
   *
   * @throws EdgeError `NOT_A_PICTURE`, `PICTURE_TOO_LARGE`, `CLOSED`; RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`,
   * `BAD_OPTION`, `UNKNOWN_ID`, `UNKNOWN_LABEL`; the signal's reason
   */
  async search(query: EdgeQuery, options: EdgeSearchOptions = {}): Promise<EdgeAnswer> {
    const { signal, ...rest } = options;
    const direct = query instanceof Float32Array || isItem(query);
    return this.#call('search', [direct ? query : await toPortable(query), rest], { signal });
  }

  /** Decodes and resizes pictures to what the network takes: uint8 [n, size, size, 3], row-major. */
  async preprocess(pictures: readonly EdgePicture[]): Promise<Uint8Array> {
    return this.#call('preprocess', [await Promise.all(pictures.map(toPortable))]);
  }

  /** Embeds pictures: float32 [n, D], row-major. */
  async embed(pictures: readonly EdgePicture[]): Promise<Float32Array> {
    return this.#call('embed', [await Promise.all(pictures.map(toPortable))]);
  }

  /** Encodes pictures in batches of 32, decoding beside the network. */
  async encode(pictures: readonly EdgePicture[]): Promise<EncodedPictures> {
    return this.#call('encode', [await Promise.all(pictures.map(toPortable))]);
  }

  /** Ids, labels and thumbnails of rows; thumbnails are fetched by range. */
  items(rows: readonly number[]): Promise<EdgeItem[]> {
    return this.#call('items', [rows]);
  }

  /** Rows of some items drawn at random, each once: `count` of them, or all there are. */
  sample(count: number): Promise<number[]> {
    return this.#call('sample', [count]);
  }

  /** Own pictures: how many, and how they are kept; undefined where openRetriever wasn't given `own`. */
  get own(): OwnState | undefined {
    return this.#own;
  }

  /**
   * Adds pictures to one's own, and replaces those that have their ids. What `onProgress` counts is kept, also when the
   * page is closed or the browser killed.
   *
   * @returns ids of those that are kept, and those that are not: no pictures, too large, or no room left
   * @throws EdgeError `NO_OWN`, `CLOSED`; the signal's reason, and what was kept before stays
   * @example const { ids, rejected } = await retriever.add(files.map((picture) => ({ id: picture.name, picture })));
   */
  async add(items: readonly OwnPicture[], options: OwnCallOptions = {}): Promise<Added> {
    const { signal, onProgress } = options;
    void persist();
    const ids: string[] = [];
    const rejected: Rejected[] = [];
    for (let from = 0; from < items.length; from += PART) {
      signal?.throwIfAborted();
      const part = items.slice(from, from + PART);
      const portable = await Promise.all(
        part.map(async (item) => ({ ...item, picture: await toPortable(item.picture) })),
      );
      const onStep = ({ done }: OwnProgress) => onProgress?.({ done: from + done, total: items.length });
      const added: Added = await this.#call('add', [portable], { signal, onStep });
      ids.push(...added.ids);
      rejected.push(...added.rejected.map((one) => ({ ...one, index: from + one.index })));
    }
    return { ids, rejected };
  }

  /**
   * Removes own pictures; those of the gallery stay.
   *
   * @returns for each id whether it was there
   * @throws EdgeError `STORAGE_DENIED`, `STORAGE_FULL`: none was removed; `NO_OWN`, `CLOSED`
   */
  remove(ids: readonly string[]): Promise<boolean[]> {
    return this.#call('remove', [ids]);
  }

  /** Removes all own pictures, and gives their room back. @throws as `remove` */
  clearOwn(): Promise<void> {
    return this.#call('clearOwn');
  }

  /** Own pictures, the newest first: 100 unless told. */
  ownItems(range: { readonly offset?: number; readonly limit?: number } = {}): Promise<EdgeItem[]> {
    return this.#call('ownItems', [range]);
  }

  /** Bytes that this origin keeps in the browser, and how many it may, as the browser estimates them; 0 where it doesn't. */
  async storage(): Promise<{ usage: number; quota: number }> {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
    return { usage, quota };
  }

  /** Own pictures as a gallery file, which the server and `dqn search` open. */
  exportGallery(): Promise<Blob> {
    return this.#call('exportGallery');
  }

  /**
   * Adds the items of a gallery file to one's own, and replaces those that have their ids.
   *
   * @throws FormatError `CODEBOOK_MISMATCH` for a gallery of another model (both hashes named), and what damage gives:
   * nothing was added; EdgeError `STORAGE_FULL`; the signal's reason
   */
  async importGallery(file: Blob, { signal, onProgress }: OwnCallOptions = {}): Promise<{ ids: string[] }> {
    void persist();
    return this.#call('importGallery', [file], { signal, onStep: onProgress });
  }

  /** Releases the sessions and ends the worker; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#call('close').catch(() => undefined);
    this.#worker.terminate();
    this.#end(new EdgeError('CLOSED', 'This retriever was closed; open it again.'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call<T>(method: Method, args: readonly unknown[] = [], { signal, onStep }: CallWith = {}): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const cancel = () => this.#worker.postMessage({ kind: 'cancel', id } satisfies ToWorker);
    signal?.addEventListener('abort', cancel);
    const answered = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onStep });
      const message: ToWorker = { kind: 'call', id, method, args };
      try {
        this.#worker.postMessage(message);
      } catch (error) {
        this.#take(id);
        reject(error);
      }
    });
    const end = () => signal?.removeEventListener('abort', cancel);
    return answered.finally(end).catch((error) => {
      throw error.name === 'AbortError' && signal?.aborted ? signal.reason : error;
    });
  }

  #take(id: number) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    return call;
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Elements have ids, too: an item is a plain object. */
function isItem(query: EdgePicture | ItemQuery): query is ItemQuery {
  return 'row' in query || Object.getPrototypeOf(query) === Object.prototype;
}

function threadFailed(event: ErrorEvent): EdgeError {
  const reason = event.message || 'its script could not be loaded';
  return new EdgeError('THREAD_FAILED', `The page's worker failed: ${reason}. Load the page again.`, {
    cause: event.error,
  });
}

/** Asks the browser not to remove what this page keeps when it needs room; it may ask the user. */
async function persist(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
}
