/** @file A file on a server, read by ranges. */

import type { ByteSource } from '@dqn/format';
import { EdgeError } from './errors.ts';
import { type FetchOptions, readBody, request } from './fetch.ts';

/** Bytes asked for first: the header and, of a small gallery, everything that a search needs. */
const FIRST_BYTES = 65_536;

/** A ByteSource over HTTP. */
export interface HttpSource extends ByteSource {
  /** Whether the server sends ranges; otherwise the whole file is in memory. */
  readonly ranges: boolean;
  /** Bytes that have been transferred so far. */
  readonly transferred: number;
}

/**
 * Opens a file by HTTP Range requests, or whole where the server ignores them.
 *
 * The file must stay the same while it is open: each answer's ETag (or Last-Modified) is held against the first one.
 *
 * @throws EdgeError `FETCH_FAILED`; later reads also `FILE_CHANGED`
 */
export async function httpSource(url: string, options: FetchOptions = {}): Promise<HttpSource> {
  const first = await request(url, {
    headers: { range: `bytes=0-${FIRST_BYTES - 1}` },
    signal: options.signal ?? null,
  });
  const size = first.status === 206 ? totalOf(first.headers.get('content-range')) : undefined;
  const head = await readBody(first, url, options);
  if (size === undefined) return new WholeFile(head);
  return new RangedFile(url, size, head, versionOf(first), options);
}

class WholeFile implements HttpSource {
  readonly ranges = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  get transferred(): number {
    return this.#bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes.slice(offset, offset + length);
  }
}

class RangedFile implements HttpSource {
  readonly ranges = true;
  readonly size: number;
  readonly #url: string;
  readonly #head: Uint8Array;
  readonly #version: string | null;
  readonly #options: FetchOptions;
  #transferred: number;

  constructor(url: string, size: number, head: Uint8Array, version: string | null, options: FetchOptions) {
    this.size = size;
    this.#url = url;
    this.#head = head;
    this.#version = version;
    this.#options = options;
    this.#transferred = head.length;
  }

  get transferred(): number {
    return this.#transferred;
  }

  async read(offset: number, length: number, signal?: unknown): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (end <= offset) return new Uint8Array(0);
    if (end <= this.#head.length) return this.#head.slice(offset, end);
    const abort = signal instanceof AbortSignal ? signal : undefined;
    const response = await request(this.#url, {
      headers: { range: `bytes=${offset}-${end - 1}` },
      signal: abort ?? null,
    });
    if (response.status !== 206 || versionOf(response) !== this.#version) {
      await response.body?.cancel();
      throw new EdgeError('FILE_CHANGED', `${this.#url} changed while it was open; load the page again.`);
    }
    const { onBytes } = this.#options;
    const before = this.#transferred;
    const bytes = await readBody(response, this.#url, {
      signal: abort,
      onBytes: onBytes && ((loaded) => onBytes(before + loaded, 0)),
    });
    this.#transferred += bytes.length;
    if (bytes.length !== end - offset) {
      throw new EdgeError('FETCH_FAILED', `${this.#url}: asked for ${end - offset} bytes, got ${bytes.length}.`);
    }
    return bytes;
  }
}

/** `bytes 0-65535/123456` → 123456. */
function totalOf(contentRange: string | null): number | undefined {
  const total = contentRange?.match(/^bytes \d+-\d+\/(\d+)$/)?.[1];
  return total === undefined ? undefined : Number(total);
}

function versionOf(response: Response): string | null {
  return response.headers.get('etag') ?? response.headers.get('last-modified');
}
