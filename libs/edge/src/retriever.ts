/** @file What a page calls: the retriever lives in a worker, so the page stays quick while it loads and searches. */

import type { EncodedPictures } from '@dqn/runtime';
import { toPortable } from './decode.ts';
import type { EdgeAnswer, EdgeInfo, EdgeItem, EdgeSearchOptions, EngineOptions } from './engine.ts';
import { EdgeError, fromPlain } from './errors.ts';
import type { OnProgress } from './progress.ts';
import type { Method, ToPage, ToWorker } from './protocol.ts';
import type { EdgeProvider } from './provider.ts';

/** What to open. */
export interface OpenOptions {
  /** Address of the model folder; relative ones are relative to the page. */
  readonly model: string | URL;
  /** Address of the gallery file; read by HTTP ranges where the server sends them. */
  readonly gallery: string | URL;
  /** Default `auto`: WebGPU where there is a real GPU, else wasm. A name insists. */
  readonly provider?: 'auto' | EdgeProvider;
  /** Threads of wasm; default: one a core, at most 8, and 1 where the page isn't cross-origin isolated. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** A picture in any form that a page has it, or an embedding, or an item of the gallery. */
export type EdgePicture =
  | Blob
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas;

/** What can be searched by. */
export type EdgeQuery = EdgePicture | Float32Array | { readonly row: number };

/**
 * Loads a model and a gallery into the page and checks that they belong together.
 *
 * @throws EdgeError `FETCH_FAILED`, `NO_PROVIDER`, `THREAD_FAILED`; FormatError where a file is damaged or doesn't belong
 * to the others (both hashes named); RuntimeError; the signal's reason
 * @example
 * const retriever = await openRetriever({ model: './model/', gallery: './gallery' });
 * const { hits } = await retriever.search(file, { k: 12 });
 */
export async function openRetriever(options: OpenOptions): Promise<EdgeRetriever> {
  const { signal, onProgress, provider = 'auto', threads } = options;
  signal?.throwIfAborted();
  const folder = new URL(options.model, document.baseURI);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const engine: EngineOptions = {
    model: folder.href,
    gallery: new URL(options.gallery, document.baseURI).href,
    provider,
    threads,
  };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'dqn-edge' });
  const send = (message: ToWorker): void => worker.postMessage(message);
  const onAbort = (): void => send({ kind: 'abort' });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const info = await new Promise<EdgeInfo>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
        if (data.kind === 'progress') onProgress?.(data.progress);
        else if (data.kind === 'opened') resolve(data.info);
        else if (data.kind === 'refused') reject(fromPlain(data.error));
      };
      worker.onerror = (event) => reject(threadFailed(event));
      send({ kind: 'open', options: engine });
    });
    signal?.throwIfAborted();
    return new EdgeRetriever(worker, info);
  } catch (error) {
    worker.terminate();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** An open retriever. It holds a worker, a model and a gallery: close() it. */
export class EdgeRetriever {
  readonly info: EdgeInfo;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #ended: Error | undefined;

  /** Use openRetriever. */
  constructor(worker: Worker, info: EdgeInfo) {
    this.#worker = worker;
    this.info = info;
    worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (data.kind === 'result') this.#take(data.id)?.resolve(data.value as never);
      else if (data.kind === 'error') this.#take(data.id)?.reject(fromPlain(data.error));
    };
    worker.onerror = (event) => this.#end(threadFailed(event));
  }

  /** Where the network runs. */
  get provider(): EdgeProvider {
    return this.info.provider;
  }

  /**
   * Finds the items nearest to a picture, an embedding or another item.
   *
   * @throws EdgeError `NOT_A_PICTURE`, `PICTURE_TOO_LARGE`, `CLOSED`; RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`,
   * `BAD_OPTION`, `UNKNOWN_ID`, `UNKNOWN_LABEL`
   */
  async search(query: EdgeQuery, options: EdgeSearchOptions = {}): Promise<EdgeAnswer> {
    const direct = query instanceof Float32Array || 'row' in query;
    return this.#call('search', direct ? query : await toPortable(query), options);
  }

  /** Decodes and resizes pictures to what the network takes: uint8 [n, size, size, 3], row-major. */
  async preprocess(pictures: readonly EdgePicture[]): Promise<Uint8Array> {
    return this.#call('preprocess', await Promise.all(pictures.map(toPortable)));
  }

  /** Embeds pictures: float32 [n, D], row-major. */
  async embed(pictures: readonly EdgePicture[]): Promise<Float32Array> {
    return this.#call('embed', await Promise.all(pictures.map(toPortable)));
  }

  /** Encodes pictures in batches of 32, decoding beside the network. */
  async encode(pictures: readonly EdgePicture[]): Promise<EncodedPictures> {
    return this.#call('encode', await Promise.all(pictures.map(toPortable)));
  }

  /** Ids, labels and thumbnails of rows; thumbnails are fetched by range. */
  items(rows: readonly number[]): Promise<EdgeItem[]> {
    return this.#call('items', rows);
  }

  /** Rows of some items drawn at random, each once: `count` of them, or all there are. */
  sample(count: number): Promise<number[]> {
    return this.#call('sample', count);
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

  #call<T>(method: Method, ...args: readonly unknown[]): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message: ToWorker = { kind: 'call', id, method, args };
      try {
        this.#worker.postMessage(message);
      } catch (error) {
        this.#take(id);
        reject(error);
      }
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

function threadFailed(event: ErrorEvent): EdgeError {
  const reason = event.message || 'its script could not be loaded';
  return new EdgeError('THREAD_FAILED', `The page's worker failed: ${reason}. Load the page again.`, {
    cause: event.error,
  });
}
