/** @file Whole files over HTTP, counted as they arrive. */

import { EdgeError } from './errors.ts';

/** How to fetch. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far and bytes expected (0: unknown), after every chunk. */
  readonly onBytes?: ((loaded: number, total: number) => void) | undefined;
}

/**
 * Asks once; anything but success is an error that names the address.
 *
 * @throws EdgeError `FETCH_FAILED`; the signal's reason
 */
export async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new EdgeError('FETCH_FAILED', `${url} can't be reached. Is the server running?`, { cause });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new EdgeError('FETCH_FAILED', `${url}: the server answered ${response.status} ${response.statusText}`.trim());
}

/**
 * The bytes of a file.
 *
 * @throws EdgeError `FETCH_FAILED`, also when fewer bytes arrive than announced; the signal's reason
 */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const response = await request(url, { signal: options.signal ?? null });
  return readBody(response, url, options);
}

/** Reads a response to its end. */
export async function readBody(
  response: Response,
  url: string,
  { signal, onBytes }: FetchOptions,
): Promise<Uint8Array> {
  // With a content encoding, content-length counts the compressed bytes.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      loaded += chunk.length;
      onBytes?.(loaded, total);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new EdgeError('FETCH_FAILED', `${url} broke off after ${loaded} bytes; load the page again.`, { cause });
  }
  if (total > 0 && loaded !== total) {
    throw new EdgeError('FETCH_FAILED', `${url} broke off after ${loaded} of ${total} bytes; load the page again.`);
  }
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
