/** @file Images by URL: from origins that the server was told of, and from nowhere else. */

import { ServerError } from '../errors.ts';

/** From where, and how much. */
export interface FetchOptions {
  /** Origins, such as https://images.example.org. */
  readonly from: readonly string[];
  /** Bytes. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

const REDIRECTS = 3;

/**
 * The bytes behind a URL. A redirection is followed where it leads to an origin of the list.
 *
 * @throws ServerError `URL_REFUSED`, `URL_FAILED`, `TOO_LARGE`; the signal's reason
 */
export async function fetchImage(url: string, options: FetchOptions): Promise<Uint8Array> {
  let at = allowed(url, options.from);
  for (let i = 0; i <= REDIRECTS; i++) {
    const reply = await get(at, options.signal);
    const location = reply.headers.get('location');
    if (reply.status >= 300 && reply.status < 400 && location !== null) {
      await reply.body?.cancel();
      at = allowed(location, options.from, at);
      continue;
    }
    if (!reply.ok || reply.body === null) {
      await reply.body?.cancel();
      throw new ServerError('URL_FAILED', `${at.href} answers with status ${reply.status}, and no image.`);
    }
    return read(reply.body, at, options);
  }
  throw new ServerError('URL_FAILED', `${url} leads on more than ${REDIRECTS} times.`);
}

function allowed(url: string, from: readonly string[], base?: URL): URL {
  if (!URL.canParse(url, base?.href)) throw new ServerError('BAD_REQUEST', `${JSON.stringify(url)} is no URL.`);
  const parsed = new URL(url, base);
  const isKnown = from.some((origin) => new URL(origin).origin === parsed.origin);
  if (isKnown && parsed.username === '' && parsed.password === '') return parsed;
  const known = from.length > 0 ? `only from ${from.join(', ')}` : 'from nowhere';
  throw new ServerError('URL_REFUSED', `No image is fetched from ${parsed.origin}; this server fetches ${known}.`);
}

async function get(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', headers: { accept: 'image/*' }, signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw failed(url, cause);
  }
}

async function read(body: ReadableStream<Uint8Array>, url: URL, { limit, signal }: FetchOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > limit) throw new ServerError('TOO_LARGE', `${url.href} has more than ${limit} bytes.`);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof ServerError ? cause : failed(url, cause);
  }
  return Buffer.concat(chunks);
}

function failed(url: URL, cause: unknown): ServerError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message : String(inner);
  return new ServerError('URL_FAILED', `${url.href} can't be fetched: ${reason}.`, { cause });
}
