/** @file What a page calls: the retriever lives in a worker, so the page stays quick while it loads and searches. */

import type { EncodedPictures } from '@dqn/runtime';
import { closeAll, type PortablePicture, toPortable } from './decode.ts';
import type { EdgeAnswer } from './engine.ts';
import { EdgeError, fromPlain, threadFailed } from './errors.ts';
import {
  type EdgePicture,
  type EdgeQuery,
  type EdgeSearchOptions,
  isItem,
  type OwnCallOptions,
  type OwnPicture,
  ownOf,
} from './given.ts';
import type { EdgeInfo } from './info.ts';
import type { Added, OwnProgress, OwnState, Rejected } from './own/state.ts';
import type { Method, ToPage, ToWorker } from './protocol.ts';
import type { EdgeProvider } from './provider.ts';
import type { EdgeItem } from './searched.ts';

/** Pictures handed to the worker at a time: files are a name, all others are copies in memory. */
const PART = 128;
const A_COPY = 16;

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
  /** What moves to the worker instead of being copied. */
  readonly transfer?: readonly Transferable[];
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
    if (query instanceof Float32Array || isItem(query)) return this.#call('search', [query, rest], { signal });
    const picture = await toPortable(query);
    return this.#call('search', [picture, rest], { signal, transfer: ownOf([query], [picture]) });
  }

  /** Decodes and resizes pictures to what the network takes: uint8 [n, size, size, 3], row-major. */
  async preprocess(pictures: readonly EdgePicture[]): Promise<Uint8Array> {
    return this.#withPictures('preprocess', pictures);
  }

  /** Embeds pictures: float32 [n, D], row-major. */
  async embed(pictures: readonly EdgePicture[]): Promise<Float32Array> {
    return this.#withPictures('embed', pictures);
  }

  /** Encodes pictures in batches of 32, decoding beside the network. */
  async encode(pictures: readonly EdgePicture[]): Promise<EncodedPictures> {
    return this.#withPictures('encode', pictures);
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
    if (!Array.isArray(items)) throw new EdgeError('BAD_OPTION', 'add takes a list of { picture, id, labels }.');
    void persist();
    const ids: string[] = [];
    const rejected: Rejected[] = [];
    for (let from = 0, end = 0; from < items.length; from = end) {
      signal?.throwIfAborted();
      end = partEnd(items, from);
      const part = items.slice(from, end);
      const tried = await Promise.allSettled(part.map((item) => toPortable(item?.picture)));
      const good: number[] = [];
      const portable: (Omit<OwnPicture, 'picture'> & { picture: PortablePicture })[] = [];
      for (const [i, outcome] of tried.entries()) {
        const index = from + i;
        const id = part[i]?.id;
        if (outcome.status === 'fulfilled') {
          good.push(index);
          portable.push({ ...part[i], picture: outcome.value });
        } else rejected.push({ index, ...(id !== undefined && { id }), ...reasonOf(outcome.reason) });
      }
      const before = from + part.length - good.length;
      const onStep = ({ done }: OwnProgress) => onProgress?.({ done: before + done, total: items.length });
      const transfer = ownOf(
        good.map((index) => items[index].picture),
        portable.map(({ picture }) => picture),
      );
      const added: Added = await this.#call('add', [portable], { signal, onStep, transfer });
      ids.push(...added.ids);
      rejected.push(...added.rejected.map((one) => ({ ...one, index: good[one.index] })));
    }
    rejected.sort((a, b) => a.index - b.index);
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

  async #withPictures<T>(method: Method, pictures: readonly EdgePicture[]): Promise<T> {
    const tried = await Promise.allSettled(pictures.map(toPortable));
    const failed = tried.find((one) => one.status === 'rejected');
    const portable = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (failed) {
      closeAll(portable.filter((picture) => !pictures.includes(picture)));
      throw failed.reason;
    }
    return this.#call(method, [portable], { transfer: ownOf(pictures, portable) });
  }

  #call<T>(method: Method, args: readonly unknown[] = [], options: CallWith = {}): Promise<T> {
    const { signal, onStep, transfer = [] } = options;
    if (this.#ended || signal?.aborted) {
      closeAll(transfer);
      return Promise.reject(this.#ended ?? signal?.reason);
    }
    const id = this.#nextId++;
    const cancel = () => this.#worker.postMessage({ kind: 'cancel', id } satisfies ToWorker);
    signal?.addEventListener('abort', cancel);
    const answered = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onStep });
      const message: ToWorker = { kind: 'call', id, method, args };
      try {
        this.#worker.postMessage(message, [...transfer]);
      } catch (error) {
        this.#take(id);
        closeAll(transfer);
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

/** The end of a part that begins at `from`. */
function partEnd(items: readonly OwnPicture[], from: number): number {
  let end = from;
  for (let room = PART; end < items.length && room > 0; end++) room -= items[end]?.picture instanceof Blob ? 1 : A_COPY;
  return end;
}

/** Why a picture was rejected. */
function reasonOf(error: unknown): Pick<Rejected, 'code' | 'message'> {
  const { code, message } = error as Error & { code?: unknown };
  return { code: String(code ?? 'NOT_A_PICTURE'), message };
}

/** Asks the browser not to remove what this page keeps when it needs room; it may ask the user. */
async function persist(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
}
