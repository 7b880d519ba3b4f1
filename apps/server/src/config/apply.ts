/** @file What settings mean for the retriever and for the service: megabytes become bytes, seconds milliseconds. */

import type { AppOptions } from '../app.ts';
import type { RetrieverOptions } from '../create-retriever.ts';
import { checkHost } from '../http/guard.ts';
import { readKeys } from '../http/keys.ts';
import type { Limits } from '../http/limits.ts';
import type { ServeOptions } from '../serve.ts';
import type { Settings } from './settings.ts';

const MIB = 1024 * 1024;

/** For createRetriever. */
export function retrieverOptions(
  settings: Settings,
): Pick<RetrieverOptions, 'provider' | 'threads' | 'readOnly' | 'create' | 'limits'> {
  const { provider, threads, readOnly, create, maxPixels } = settings;
  return {
    provider,
    threads,
    readOnly,
    create: create && { idKind: create },
    limits: { pixels: Math.round(maxPixels * 1e6) },
  };
}

/**
 * For startServer.
 *
 * @throws ServerError `BAD_KEYS`; `BAD_CONFIG` for an address that lets anybody write
 */
export async function serveOptions(
  settings: Settings,
): Promise<
  Pick<ServeOptions, 'host' | 'port' | 'grace'> &
    Pick<AppOptions, 'keys' | 'rateLimit' | 'cors' | 'fetchFrom' | 'limits'>
> {
  const { host, port, grace, rateLimit, cors, fetchFrom } = settings;
  const keys = settings.keys === undefined ? [] : await readKeys(settings.keys);
  checkHost(host, keys, !settings.readOnly);
  return {
    host,
    port,
    grace: grace * 1000,
    keys,
    rateLimit,
    cors,
    fetchFrom,
    limits: limitsOf(settings),
  };
}

function limitsOf({ maxBody, maxBulk, maxBatch, maxK, maxRequests, timeout }: Settings): Partial<Limits> {
  return {
    body: Math.round(maxBody * MIB),
    bulk: Math.round(maxBulk * MIB),
    batch: maxBatch,
    k: maxK,
    requests: maxRequests,
    time: timeout * 1000,
  };
}
