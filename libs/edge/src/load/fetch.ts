/** @file Bytes over HTTP, counted as they arrive, and taken up again where a connection broke. */

import { EdgeError } from '../errors.ts';
import type { Watch } from './watch.ts';

/** How to fetch. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far and bytes expected (0: unknown), after every chunk. */
  readonly onBytes?: ((loaded: number, total: number) => void) | undefined;
  /** Told of what is under way. */
  readonly watch?: Watch | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `reload`: past whatever a cache on the way has kept. */
  readonly cache?: RequestCache | undefined;
  /** How often a server that has too much to do is asked; four times unless told. */
  readonly tries?: number | undefined;
}

/** A connection on which nothing has come for so long is given up. */
const SILENCE_MS = 30_000;
/** How often what broke off is taken up again, and after how long the first time. */
const TRIES = 4;
const PAUSE_MS = 300;
/** Answers of a server that may have time soon. */
const BUSY = [429, 503];

/** An answer whose body has not been read yet. */
export interface Answer {
  readonly response: Response;
  /** The body, piece by piece. Throws EdgeError `FETCH_FAILED` or `STALLED`, or the signal's reason. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Gives it up, unless it has been read. */
  cancel(): void;
}

/**
 * Asks, and again where the server has too much to do; anything but success and 304 is an error that names the address.
 *
 * @throws EdgeError `FETCH_FAILED`, `STALLED`; the signal's reason
 */
export async function request(url: string, options: FetchOptions = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(url, options);
    const { ok, status, statusText } = answer.response;
    if (ok || status === 304) return answer;
    answer.cancel();
    if (!BUSY.includes(status) || attempt >= (options.tries ?? TRIES)) {
      throw new EdgeError('FETCH_FAILED', `${url}: the server answered ${`${status} ${statusText}`.trim()}.`);
    }
    await pause(PAUSE_MS * 2 ** attempt, options.signal);
  }
}

async function ask(url: string, options: FetchOptions): Promise<Answer> {
  const { signal, watch, headers = {}, cache = 'default' } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const ended = watch?.begin();
  let timer: ReturnType<typeof setTimeout>;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(stalled(url)), SILENCE_MS);
  };
  const end = (): void => {
    clearTimeout(timer);
    ended?.();
  };
  heard();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const failed = (message: string, cause: unknown): unknown => {
    end();
    signal?.throwIfAborted();
    return stop.signal.aborted ? stop.signal.reason : new EdgeError('FETCH_FAILED', message, { cause });
  };
  let response: Response;
  try {
    response = await fetch(url, { headers, cache, signal: both });
  } catch (cause) {
    throw failed(`${url} can't be reached. Is the server running, and is there a network?`, cause);
  }
  heard();
  watch?.heard();
  const cancel = (): void => {
    end();
    stop.abort();
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    // By its reader: most Safaris in use can't iterate a stream.
    const reader = response.body?.getReader();
    try {
      for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
        heard();
        watch?.heard();
        yield read.value;
      }
    } catch (cause) {
      throw interrupted(failed(`${url} broke off; load the page again.`, cause));
    } finally {
      // Who stops reading leaves a connection, which would go on loading. A body that was read or broke off has none.
      void reader?.cancel().catch(() => undefined);
      end();
    }
  }
  return { response, chunks, cancel };
}

/** Errors of bodies that may be taken up again. */
const INTERRUPTED = new WeakSet<object>();

function interrupted<T>(error: T): T {
  INTERRUPTED.add(error as object);
  return error;
}

function stalled(url: string): EdgeError {
  return new EdgeError('STALLED', `${url}: nothing came for ${SILENCE_MS / 1000} s; load the page again.`);
}

/**
 * The bytes of a file, taken up again where the connection breaks.
 *
 * @throws EdgeError `FETCH_FAILED`, `STALLED`; the signal's reason
 */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  return readAnswer(await request(url, options), url, options);
}

/** Reads an answer to its end, which is a whole file or a range of one; breaks are mended as by `fetchBytes`. */
export async function readAnswer(first: Answer, url: string, options: FetchOptions): Promise<Uint8Array> {
  const { onBytes, signal } = options;
  const { start, total, version } = factsOf(first.response);
  let bytes = new Uint8Array(total || 65_536);
  let loaded = 0;
  let answer = first;
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const chunk of answer.chunks()) {
        if (loaded + chunk.length > bytes.length) {
          if (total > 0) throw lengthWrong(url, loaded + chunk.length, total);
          const larger = new Uint8Array(Math.max(2 * bytes.length, loaded + chunk.length));
          larger.set(bytes.subarray(0, loaded));
          bytes = larger;
        }
        bytes.set(chunk, loaded);
        loaded += chunk.length;
        onBytes?.(loaded, total);
      }
      if (total > 0 && loaded < total) throw lengthWrong(url, loaded, total);
      return bytes.length === loaded ? bytes : bytes.slice(0, loaded);
    } catch (error) {
      signal?.throwIfAborted();
      // Without a length and a version nothing says that the rest belongs to the beginning.
      if (!INTERRUPTED.has(error as object) || attempt >= TRIES || total === 0 || version === null) throw error;
      await pause(PAUSE_MS * 2 ** attempt, signal);
      const range = `bytes=${start + loaded}-${start + total - 1}`;
      answer = await request(url, { ...options, headers: { ...options.headers, range, 'if-range': version } });
      const rest = factsOf(answer.response);
      if (answer.response.status !== 206 || rest.version !== version || rest.start !== start + loaded) {
        answer.cancel();
        throw error;
      }
    }
  }
}

/** What names the state of a file, as the server says; null where it doesn't, or keeps it from other origins. */
export function versionOf({ headers }: Response): string | null {
  return headers.get('etag') ?? headers.get('last-modified');
}

/** Where in the file an answer begins, its bytes (0: unknown), and the version that a range can be asked of. */
function factsOf(response: Response) {
  const start = Number(response.headers.get('content-range')?.match(/^bytes (\d+)-/)?.[1] ?? 0);
  // With a content encoding, content-length counts the compressed bytes, and no range can be told.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const etag = response.headers.get('etag');
  // Only a strong validator says that the bytes are the same.
  return { start, total, version: !encoded && etag?.startsWith('"') ? etag : null };
}

function lengthWrong(url: string, loaded: number, total: number): EdgeError {
  return interrupted(
    new EdgeError('FETCH_FAILED', `${url} broke off after ${loaded} of ${total} bytes; load the page again.`),
  );
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
