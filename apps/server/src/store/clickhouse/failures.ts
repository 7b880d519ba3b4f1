/** @file What ClickHouse and the way to it answer when something is wrong, as errors of ours that say what to do. */
import { ServerError } from '../../errors.ts';

/** ClickHouse's numbers, as its `system.errors` names them. */
const CODES = {
  denied: [192, 193, 194, 291, 497, 516],
  readOnly: [164],
  missing: [60, 81],
  down: [32, 198, 209, 210, 225, 236, 242, 279, 999],
  slow: [159, 160],
  busy: [202, 241, 252, 473],
  full: [243, 307],
} as const;

/** What Node says when a certificate isn't trusted, or no TLS is spoken. */
const TLS = /^(EPROTO|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Seconds after which a server that was busy or gone is worth another try. */
const RETRY_AFTER = 2;

/** Servers say it by `code` or, old ones, in the message; chdb by `clickhouseCode`. */
interface Failed {
  readonly message?: string;
  readonly code?: unknown;
  readonly clickhouseCode?: unknown;
}

/** ClickHouse's number for an error; undefined where it is none of its own. */
export function codeOf(error: unknown): number | undefined {
  const { message = '', code, clickhouseCode = code } = (error ?? {}) as Failed;
  const number = /^\d+$/.test(String(clickhouseCode)) ? String(clickhouseCode) : /\bCode: (\d+)/.exec(message)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whether another server of the cluster may be able to answer. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ServerError && error.code === 'STORE_UNREACHABLE';
}

/**
 * An error of ours for one of theirs.
 *
 * @param server as in messages; without credentials
 */
export function failure(error: unknown, server: string): ServerError {
  if (error instanceof ServerError) return error;
  const number = codeOf(error);
  const { code, message = String(error) } = error as { code?: unknown; message?: string };
  const said = shortened(message);
  const as = (known: ServerError['code'], text: string) => new ServerError(known, text, { cause: error });
  const later = (known: ServerError['code'], text: string) =>
    new ServerError(known, text, { cause: error, retryAfter: RETRY_AFTER });
  if (number === undefined) {
    if (TLS.test(String(code))) {
      const text = `No trusted TLS with ${server} (${code}): is clickhouse:// or clickhouses:// the right one, and is the authority of its certificate in NODE_EXTRA_CA_CERTS?`;
      return as('STORE_UNREACHABLE', text);
    }
    return later('STORE_UNREACHABLE', `ClickHouse at ${server} can't be reached: ${said}.`);
  }
  const is = (codes: readonly number[]) => codes.includes(number);
  if (is(CODES.denied)) {
    const text = `ClickHouse at ${server} refuses this user: ${said}. Set DQN_CLICKHOUSE_USER and DQN_CLICKHOUSE_PASSWORD, or grant it the rights.`;
    return as('STORE_DENIED', text);
  }
  if (is(CODES.readOnly)) {
    const text = `This user of ClickHouse at ${server} may neither write nor choose limits: ${said}. Set its readonly to 2 to search, to 0 to write.`;
    return as('STORE_DENIED', text);
  }
  if (is(CODES.missing)) {
    return as('GALLERY_NOT_FOUND', `No gallery at ${server}: ${said}. Make one with \`dqn index --store\`.`);
  }
  if (is(CODES.down)) {
    const text = `A shard does not answer: ${shardsIn(message).join(', ') || said} (asked through ${server}). Start it again; until then nothing is answered but partial results where they are asked for.`;
    return later('SHARD_DOWN', text);
  }
  if (is(CODES.slow)) return later('TIMEOUT', `ClickHouse at ${server} took longer than the limit: ${said}.`);
  if (is(CODES.busy)) return later('OVERLOADED', `ClickHouse at ${server} has too much to do: ${said}.`);
  if (is(CODES.full)) return later('WRITES_REFUSED', `ClickHouse at ${server} has no room: ${said}.`);
  return as('STORE_FAILED', `ClickHouse at ${server} failed: ${said}.`);
}

/** HOST:PORT of the shards that a message names. */
function shardsIn(message: string): string[] {
  const named = /(?:\(|server: |for host |host: |packet from )([A-Za-z0-9_.\-[\]]+:\d+)/g;
  return [...new Set(Array.from(message.matchAll(named), ([, host]) => host))];
}

/** The first line, without what only ClickHouse's own developers read. */
function shortened(message: string): string {
  const line = message
    .replace(/, e\.what\(\) = .*/s, '')
    .replace(/^.*?DB::(Net)?Exception: /s, '')
    .split('\n')[0]
    .trim();
  const text = line.replace(/ \(version .*\)$/, '').replace(/\.$/, '');
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
