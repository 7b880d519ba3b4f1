/** @file A file on a server, read by ranges; whole, while it arrives, where the server has none. */

import type { ByteSource } from '@dqn/format';
import { EdgeError } from '../errors.ts';
import { type Answer, type FetchOptions, readAnswer, request, versionOf } from './fetch.ts';

/** Bytes asked for first: the header and, of a small gallery, everything that a search needs. */
const FIRST_BYTES = 65_536;

/** What was known of a file before. */
export interface KnownFile {
  readonly size: number;
  readonly version: string | null;
}

/** A ByteSource over HTTP. The file must stay the same while it is open: each answer says which version it is of. */
export class RemoteFile implements ByteSource {
  readonly size: number;
  /** ETag or date; null where the server names none. */
  readonly version: string | null;
  readonly #url: string;
  readonly #options: FetchOptions;
  readonly #first: Uint8Array;
  #whole: ArrivingFile | undefined;
  #transferred = 0;

  private constructor(
    url: string,
    options: FetchOptions,
    opened: KnownFile & { first?: Uint8Array; whole?: ArrivingFile },
  ) {
    this.#url = url;
    this.#options = options;
    this.size = opened.size;
    this.version = opened.version;
    this.#first = opened.first ?? new Uint8Array(0);
    this.#whole = opened.whole;
    this.#transferred = this.#first.length;
  }

  /**
   * Asks for the beginning.
   *
   * @param known what it was before, if the bytes of that are at hand: then they may be all that is needed
   * @returns 'unchanged' where it still is that
   * @throws EdgeError `FETCH_FAILED`, `STALLED`; the signal's reason
   */
  static async open(url: string, options: FetchOptions, known?: KnownFile): Promise<RemoteFile | 'unchanged'> {
    const condition = known?.version ? conditionOf(known.version) : {};
    const headers = { range: `bytes=0-${FIRST_BYTES - 1}`, ...condition };
    // A cache on the way isn't to answer for the server; with a condition of our own it isn't asked at all.
    // What is at hand will do where the server has no time.
    const how = known ? ({ cache: 'no-store', tries: 1 } as const) : ({ cache: 'no-cache' } as const);
    let answer = await request(url, { ...options, headers, ...how });
    if (answer.response.status === 304) {
      answer.cancel();
      return 'unchanged';
    }
    let size = sizeOf(answer.response);
    if (answer.response.status === 206 && size === undefined) {
      // Another origin, which keeps the size from us: without ranges, then.
      answer.cancel();
      answer = await request(url, options);
    }
    const version = versionOf(answer.response);
    if (answer.response.status === 206) {
      const { onBytes } = options;
      const first = await readAnswer(answer, url, { ...options, onBytes: onBytes && ((loaded) => onBytes(loaded, 0)) });
      return new RemoteFile(url, options, { size: size!, version, first });
    }
    const whole = new ArrivingFile(answer, url, options);
    size = await whole.size;
    return new RemoteFile(url, options, { size, version, whole });
  }

  /** A file of which enough is known to ask for any range at once. */
  static of(url: string, options: FetchOptions, known: KnownFile): RemoteFile {
    return new RemoteFile(url, options, known);
  }

  /** Whether it is read by ranges: only what is asked for comes. */
  get ranges(): boolean {
    return this.#whole === undefined;
  }

  /** Bytes that have come so far. */
  get transferred(): number {
    return this.#transferred + (this.#whole?.loaded ?? 0);
  }

  /**
   * @param fresh whether it must come from the server itself, past any cache
   * @throws EdgeError `FETCH_FAILED`, `STALLED`, `FILE_CHANGED`; the signal's reason
   */
  async read(offset: number, length: number, signal?: AbortSignal, fresh = false): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (end <= offset) return new Uint8Array(0);
    if (this.#whole) return this.#whole.read(offset, end, signal);
    if (end <= this.#first.length && !fresh) return this.#first.slice(offset, end);
    const { onBytes, watch } = this.#options;
    const options: FetchOptions = { signal, watch, cache: fresh ? 'reload' : 'default' };
    const answer = await request(this.#url, { ...options, headers: { range: `bytes=${offset}-${end - 1}` } });
    if (versionOf(answer.response) !== this.version) {
      answer.cancel();
      throw new EdgeError('FILE_CHANGED', `${this.#url} changed while it was open; load the page again.`);
    }
    if (answer.response.status !== 206) {
      // It had ranges, or nobody has asked for one yet.
      this.#whole ??= new ArrivingFile(answer, this.#url, this.#options);
      return this.#whole.read(offset, end, signal);
    }
    const before = this.#transferred;
    let loaded = 0;
    const bytes = await readAnswer(answer, this.#url, {
      ...options,
      onBytes(now) {
        loaded = now;
        onBytes?.(before + now, 0);
      },
    });
    this.#transferred += loaded;
    if (bytes.length !== end - offset) {
      throw new EdgeError('FETCH_FAILED', `${this.#url}: asked for ${end - offset} bytes, got ${bytes.length}.`);
    }
    return bytes;
  }
}

/** A file that comes from its beginning to its end; what has come can be read. */
class ArrivingFile {
  /** Its bytes, once they are known: at the end where the server doesn't say. */
  readonly size: Promise<number>;
  #bytes: Uint8Array;
  #loaded = 0;
  #isWhole = false;
  #failed: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};
  #next: Promise<void>;

  constructor(answer: Answer, url: string, options: FetchOptions) {
    const { headers } = answer.response;
    const total = headers.has('content-encoding') ? 0 : Number(headers.get('content-length') ?? 0);
    this.#bytes = new Uint8Array(total);
    this.#next = this.#sleep();
    const arrived = this.#take(answer, url, total, options);
    this.size = total > 0 ? Promise.resolve(total) : arrived.then(() => this.#loaded);
    // Who reads hears of it.
    arrived.catch(() => undefined);
  }

  get loaded(): number {
    return this.#loaded;
  }

  async read(offset: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    // Where the server doesn't say how many there are, the bytes are put together at the end.
    while (!this.#isWhole && (this.#loaded < end || this.#bytes.length === 0)) {
      signal?.throwIfAborted();
      if (this.#failed) throw this.#failed.error;
      await this.#next;
    }
    return this.#bytes.slice(offset, Math.min(end, this.#loaded));
  }

  async #take(answer: Answer, url: string, total: number, { onBytes }: FetchOptions): Promise<void> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const chunk of answer.chunks()) {
        if (total === 0) pieces.push(chunk);
        else if (this.#loaded + chunk.length <= total) this.#bytes.set(chunk, this.#loaded);
        this.#loaded += chunk.length;
        onBytes?.(this.#loaded, total);
        this.#wakeAll();
      }
      if (total > 0 && this.#loaded !== total) {
        throw new EdgeError('FETCH_FAILED', `${url} broke off after ${this.#loaded} of ${total} bytes; load it again.`);
      }
      if (total === 0) this.#bytes = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
      this.#isWhole = true;
    } catch (error) {
      this.#failed = { error };
      throw error;
    } finally {
      this.#wakeAll();
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#next = this.#sleep();
    wake();
  }
}

/** `bytes 0-65535/123456` → 123456. */
function sizeOf({ headers }: Response): number | undefined {
  const total = headers.get('content-range')?.match(/^bytes \d+-\d+\/(\d+)$/)?.[1];
  return total === undefined ? undefined : Number(total);
}

/** How to ask for what isn't this version. */
export function conditionOf(version: string): Record<string, string> {
  return /^(W\/)?"/.test(version) ? { 'if-none-match': version } : { 'if-modified-since': version };
}
