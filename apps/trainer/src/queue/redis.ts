/** @file The connection to a queue's Redis: refused at once where it can't be had, kept for ever once it was. */
import { Redis } from 'ioredis';
import type { Console } from '../console.ts';
import { TrainerError } from '../errors.ts';
import { type QueueAddress, REDIS_PASSWORD } from './address.ts';

/** Milliseconds that the first connection may take, with what Redis says to it. */
const PATIENCE = 10_000;

/** Milliseconds between two tries to have it again, at most. */
const LONGEST_WAIT = 2000;

/**
 * Connects.
 *
 * Later, when the connection breaks, commands wait until it is there again: whoever uses it needs no retries of its own.
 *
 * @param onChange hears when the connection is lost, and when it is there again
 * @param patience milliseconds, as {@link PATIENCE}
 * @throws {TrainerError} QUEUE_UNREACHABLE
 */
export async function openRedis(
  address: QueueAddress,
  onChange: (event: 'lost' | 'back') => void = () => {},
  patience = PATIENCE,
): Promise<Redis> {
  const { host, port, db, username, password, tls, shown } = address;
  const redis = new Redis({
    host,
    port,
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { servername: host } }),
    lazyConnect: true,
    connectTimeout: patience,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * 2 ** times, LONGEST_WAIT),
  });
  let isThere = false;
  let why: Error | undefined;
  // Without a listener an error ends the process; what matters of it is told by `onChange` or thrown here.
  redis.on('error', (error: Error) => {
    why = error;
  });
  // What listens at a port may never say a word, and ioredis' own limit ends where TCP is connected.
  const limit = setTimeout(() => {
    why = new Error(`no answer within ${patience / 1000} s`);
    redis.disconnect();
  }, patience);
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    redis.disconnect();
    const reason = (why ?? (cause as Error)).message || String((why as NodeJS.ErrnoException)?.code ?? cause);
    const hint = /NOAUTH|WRONGPASS|invalid password|AUTH/i.test(reason)
      ? `give its user in the address and its password by ${REDIS_PASSWORD}`
      : 'start Redis there, or name another address';
    throw new TrainerError('QUEUE_UNREACHABLE', `no queue at ${shown}: ${reason.replace(/\.$/, '')}; ${hint}`, {
      cause,
    });
  } finally {
    clearTimeout(limit);
  }
  isThere = true;
  redis.on('close', () => {
    if (isThere) onChange('lost');
    isThere = false;
  });
  redis.on('ready', () => {
    if (!isThere) onChange('back');
    isThere = true;
  });
  return redis;
}

/** Says what happens to the connection. */
export function tellRedis({ note }: Pick<Console, 'note'>): (event: 'lost' | 'back') => void {
  return (event) => note(event === 'lost' ? 'Redis is gone; waiting for it …' : 'Redis is back.');
}
