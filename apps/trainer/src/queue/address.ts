/** @file Where a queue is: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?queue=NAME]`, or `rediss://` over TLS. */
import { TrainerError } from '../errors.ts';

/** Name of the password's variable, so that it needs to stand in no command line. */
export const REDIS_PASSWORD = 'DQN_REDIS_PASSWORD';

/** A queue and its Redis. */
export interface QueueAddress {
  /** The queue's own name, `dqn` unless told. */
  readonly name: string;
  /** As people may see it: without the password. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

const FORM = 'expected redis://HOST:PORT/DATABASE?queue=NAME (rediss:// over TLS; the port is 6379 unless told)';

/**
 * Reads a queue's address.
 *
 * @throws {TrainerError} WRONG_USAGE; the message has no password
 */
export function readQueueAddress(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new TrainerError('WRONG_USAGE', `a queue's address that is none: ${FORM}`);
  }
  const wrong = (what: string): TrainerError => new TrainerError('WRONG_USAGE', `${what}: ${FORM}`);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!/^\d{0,4}$/.test(database)) throw wrong(`${JSON.stringify(database)} is no number of a database`);
  for (const name of url.searchParams.keys()) {
    if (name !== 'queue') throw wrong(`${JSON.stringify(name)} is nothing that a queue's address has`);
  }
  const name = url.searchParams.get('queue') ?? 'dqn';
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw wrong(`${JSON.stringify(name)} can't name a queue (letters, digits, "_", "-" and ".", 64 at most)`);
  }
  const port = url.port === '' ? 6379 : Number(url.port);
  const db = Number(database);
  return {
    name,
    shown: `${url.protocol}//${url.hostname}:${port}/${db}?queue=${name}`,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    db,
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || env[REDIS_PASSWORD] || undefined,
    tls: url.protocol === 'rediss:',
  };
}
