/** @file Who may do what: keys, roles, and requests that a page of another site sends from somebody's browser. */

import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import { type KeyEntry, keyFinder, type Role } from './keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key came with the request; undefined without keys. */
    caller: KeyEntry | undefined;
  }
  interface FastifyContextConfig {
    /** What the route needs; default `read`. `open` needs no key. */
    role?: Role | 'open';
  }
}

/** Asks every request for a key that may do what its route does; where there are no keys, only for a host of this machine. */
export function addGuard(app: FastifyInstance, keys: readonly KeyEntry[]): void {
  const find = keyFinder(keys);
  app.decorateRequest('caller', undefined);
  const check = (request: FastifyRequest): void => {
    const role = request.is404 ? 'open' : (request.routeOptions.config.role ?? 'read');
    if (role === 'open') return;
    if (keys.length === 0) {
      if (role === 'write') refuseOtherSites(request);
      return;
    }
    const { authorization = '' } = request.headers;
    const [scheme, key = ''] = authorization.split(' ', 2);
    if (scheme.toLowerCase() !== 'bearer') {
      throw new ServerError(
        'UNAUTHORIZED',
        'This needs an API key; send it as the header "Authorization: Bearer dqn_…".',
      );
    }
    const caller = find(key);
    if (!caller) throw new ServerError('UNAUTHORIZED', 'No such API key; ask whoever runs this server for one.');
    if (role === 'write' && caller.role !== 'write') {
      throw new ServerError(
        'FORBIDDEN',
        `The key ${JSON.stringify(caller.name)} may read, and this needs one that may write.`,
      );
    }
    request.caller = caller;
  };
  app.addHook('onRequest', (request, _reply, done) => {
    check(request);
    done();
  });
  app.addHook('onError', async (_request, reply, error) => {
    if ((error as { code?: unknown }).code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer realm="dqn"');
  });
}

/**
 * Without keys, whoever reaches the port may write. A page in a browser reaches it too, under a name that it lets point to
 * this machine; the host header then holds that name.
 */
function refuseOtherSites(request: FastifyRequest): void {
  const name = request.hostname.replace(/^\[|\]$/g, '');
  if (name === 'localhost' || isIP(name)) return;
  throw new ServerError(
    'FORBIDDEN',
    `Without API keys nothing is written through the host name ${JSON.stringify(name.slice(0, 100))}; call the server by its ` +
      'address, or give it keys.',
  );
}

/** @throws ServerError `BAD_CONFIG` for an address at which, without keys, anybody could write */
export function checkHost(host: string, keys: readonly KeyEntry[], takesWrites: boolean): void {
  if (isLoopback(host) || keys.length > 0 || !takesWrites) return;
  throw new ServerError(
    'BAD_CONFIG',
    `At ${host} every machine of the network could write to the gallery: give the service keys (--keys, made by ` +
      '`dqn key`), or let it only read (--read-only).',
  );
}

/** Whether an address is this machine only. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
