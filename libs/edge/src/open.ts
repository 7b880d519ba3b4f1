/** @file Opening a retriever: its worker is started and told what to load. */

import type { EngineOptions } from './engine.ts';
import { EdgeError, fromPlain, threadFailed } from './errors.ts';
import type { EdgeInfo } from './info.ts';
import type { OwnState } from './own/state.ts';
import type { OnProgress } from './progress.ts';
import type { ToPage, ToWorker } from './protocol.ts';
import type { EdgeProvider } from './provider.ts';
import { EdgeRetriever } from './retriever.ts';
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
