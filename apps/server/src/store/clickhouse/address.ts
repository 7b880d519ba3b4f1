/**
 * @file Where a gallery in ClickHouse lies, as one text:
 *
 *     clickhouse://[USER@]HOST[:8123][,HOST2[:PORT] …]/DATABASE[?cluster=NAME]     a server, or several
 *     clickhouses://…                                                               the same over TLS, port 8443
 *     chdb:FOLDER[?database=NAME]                                                   the engine in this process
 *
 * A database holds one gallery. The ports are those of HTTP. With `cluster`, a name in the servers' `remote_servers`, the
 * gallery lies on all shards of that cluster, and every server of it is to be named; any of them is asked.
 *
 * A user and a password come from the environment (`DQN_CLICKHOUSE_USER`, `DQN_CLICKHOUSE_PASSWORD`), so that they are in
 * no list of processes and no log. Certificates of an authority of one's own: Node's `NODE_EXTRA_CA_CERTS`.
 */
import { resolve } from 'node:path';
import { ServerError } from '../../errors.ts';
import { shown } from '../ids.ts';

/** A taken-apart address. */
export type StoreAddress = ServerAddress | ChdbAddress;

/** Servers that are called over HTTP. */
export interface ServerAddress {
  readonly kind: 'server';
  /** Such as `http://127.0.0.1:8123`; one or more. */
  readonly urls: readonly string[];
  readonly user: string | undefined;
  readonly database: string;
  readonly cluster: string | undefined;
}

/** The engine in this process. */
export interface ChdbAddress {
  readonly kind: 'chdb';
  /** Absolute. */
  readonly folder: string;
  readonly database: string;
}

const FORM = 'clickhouse://HOST:8123/DATABASE, clickhouses://… for TLS, or chdb:FOLDER';
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const SCHEMES = { clickhouse: ['http', 8123], clickhouses: ['https', 8443] } as const;

/** Whether a text means a store in ClickHouse, and not a file. */
export function isStoreUrl(text: string): boolean {
  return /^(clickhouses?:\/\/|chdb:)/.test(text);
}

/** @throws ServerError `BAD_CONFIG` */
export function parseAddress(url: string): StoreAddress {
  const [, scheme, rest, query = ''] = /^([a-z]+):([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  const options = new URLSearchParams(query);
  if (scheme === 'chdb' && rest !== '') {
    checkOptions(url, options, ['database']);
    const database = checkName(options.get('database') ?? 'gallery', 'database');
    return { kind: 'chdb', folder: resolve(rest), database };
  }
  const parts = /^\/\/(?:([^@/]*)@)?([^@/]+)\/([^/]*)$/.exec(rest ?? '');
  if (!Object.hasOwn(SCHEMES, scheme ?? '') || parts === null) throw bad(withoutSecrets(url), `expected ${FORM}`);
  const [, user, hosts, database] = parts;
  if (user?.includes(':')) {
    throw bad(
      withoutSecrets(url),
      'a password in an address ends in logs and lists of processes: give it by DQN_CLICKHOUSE_PASSWORD',
    );
  }
  checkOptions(url, options, ['cluster']);
  const [protocol, port] = SCHEMES[scheme as 'clickhouse'];
  const cluster = options.get('cluster');
  const all = hosts.split(',');
  if (all.length > 1 && cluster === null)
    throw bad(url, 'several servers need the name of their cluster: ?cluster=NAME');
  return {
    kind: 'server',
    urls: all.map((host) => urlOf(url, protocol, host, port)),
    user: user ? decoded(url, user) : undefined,
    database: checkName(decoded(url, database), 'database'),
    cluster: cluster === null ? undefined : checkName(cluster, 'cluster'),
  };
}

/** An address as it may be shown to anybody. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/.*@/s, '//…@');
}

function decoded(url: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw bad(url, `${shown(part)} has a % that begins no character; % itself is %25`);
  }
}

function urlOf(url: string, protocol: string, host: string, port: number): string {
  const parsed = URL.canParse(`${protocol}://${host}`) ? new URL(`${protocol}://${host}`) : undefined;
  if (parsed === undefined || parsed.pathname !== '/' || parsed.hostname === '')
    throw bad(url, `${shown(host)} is no HOST:PORT`);
  if (!/:\d+$/.test(host)) parsed.port = String(port);
  return parsed.origin;
}

function checkOptions(url: string, options: URLSearchParams, known: readonly string[]): void {
  const unknown = [...options.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw bad(url, `there is no ${shown(unknown)}, only ${known.join(', ')}`);
}

function checkName(name: string, what: string): string {
  if (NAME.test(name)) return name;
  throw new ServerError(
    'BAD_CONFIG',
    `${shown(name)} can't be the name of a ${what}: letters, digits and _, up to 64.`,
  );
}

function bad(url: string, why: string): ServerError {
  return new ServerError('BAD_CONFIG', `${shown(withoutSecrets(url))} is no address of a store: ${why}.`);
}
