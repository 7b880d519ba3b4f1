/** @file ClickHouse on servers, through its official client. */
import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
  type ResultSet,
} from '@clickhouse/client';
import { ServerError } from '../../errors.ts';
import type { ServerAddress } from './address.ts';
import type { Engine, Run } from './engine.ts';
import { failure, isUnreachable } from './failures.ts';

/** Who calls. */
export interface Credentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Of a call. */
interface Options {
  readonly clickhouse_settings: ClickHouseSettings;
  readonly abort_signal: AbortSignal;
}

/** Texts of look-up tables, cells and ids are long; 18.16's parser has limits for what people type. */
const SETTINGS: ClickHouseSettings = {
  max_query_size: String(2 ** 30),
  max_ast_elements: '100000000',
  max_expanded_ast_elements: '100000000',
  // An insert through a Distributed table is done when the shards have it.
  insert_distributed_sync: 1,
  // Versions don't fit into a number of JavaScript. On by itself only before 25.8.
  output_format_json_quote_64bit_integers: 1,
};
/** Calls at a time to each server. */
const CONNECTIONS = 16;
/** Longer than the engine's own limit, which stops the work too: only for who doesn't keep it. */
const MARGIN_MS = 2_000;
/** For a server to say that it is there. */
const PING_MS = 1_000;

/** Servers; where one doesn't answer, the next is asked. */
export class ServerEngine implements Engine {
  readonly servers: readonly string[];
  readonly #clients: readonly ClickHouseClient[];
  readonly #timeout: number;
  /** The one that answered last. */
  #current = 0;

  /** @param timeout milliseconds a statement, unless told otherwise for one */
  constructor({ urls, user }: ServerAddress, timeout: number, credentials: Credentials) {
    this.servers = urls.map((url) => new URL(url).host);
    this.#timeout = timeout;
    this.#clients = urls.map((url) =>
      createClient({
        url,
        username: credentials.user ?? user ?? 'default',
        password: credentials.password ?? '',
        request_timeout: 2 ** 31 - 1,
        max_open_connections: CONNECTIONS,
        clickhouse_settings: SETTINGS,
        log: { level: ClickHouseLogLevel.OFF },
      }),
    );
  }

  query<Row>(sql: string, run: Run = {}): Promise<Row[]> {
    return this.#withAny(run, async (client, options) => {
      const result = await client.query({ query: sql, format: 'JSONEachRow', ...options });
      const rows: Row[] = [];
      for await (const row of rowsOf<Row>(result, options.abort_signal)) rows.push(row);
      return rows;
    });
  }

  async *stream<Row>(sql: string, run: Run = {}): AsyncGenerator<Row> {
    const { result, server } = await this.#withAny(run, async (client, options, server) => ({
      result: await client.query({ query: sql, format: 'JSONEachRow', ...options }),
      server,
    }));
    try {
      yield* rowsOf<Row>(result, run.signal);
    } catch (error) {
      throw run.signal?.aborted ? run.signal.reason : failure(error, this.servers[server]);
    }
  }

  async insert(table: string, columns: readonly string[], rows: Uint8Array, run: Run = {}): Promise<void> {
    await this.#withAny(run, (client, options) => client.insert({ ...insertion(table, columns, rows), ...options }));
  }

  async insertAt(server: number, table: string, columns: readonly string[], rows: Uint8Array): Promise<void> {
    await this.#clients[server].insert(insertion(table, columns, rows)).catch((error) => this.#fail(error, server));
  }

  async command(sql: string, server: number, timeout?: number): Promise<void> {
    const limit = limited(timeout);
    try {
      await this.#clients[server].command({ query: sql, abort_signal: limit.signal });
    } catch (error) {
      if (limit.signal.aborted) throw await this.#tooLate(server, timeout!, error);
      this.#fail(error, server);
    } finally {
      limit.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Asks the server that answered last, and where it can't be reached, each of the others. */
  async #withAny<T>(
    { signal, timeout = this.#timeout, partial = false, server: only }: Run,
    work: (client: ClickHouseClient, options: Options, server: number) => Promise<T>,
  ): Promise<T> {
    const clickhouse_settings: ClickHouseSettings = {
      ...(timeout > 0 && { max_execution_time: Math.max(1, Math.ceil(timeout / 1000)) }),
      ...(partial && { skip_unavailable_shards: 1 }),
    };
    for (let tries = 1; ; tries++) {
      const server = only ?? this.#current;
      const limit = limited(timeout > 0 ? timeout + MARGIN_MS : undefined, signal);
      try {
        signal?.throwIfAborted();
        return await work(this.#clients[server], { clickhouse_settings, abort_signal: limit.signal }, server);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (limit.signal.aborted) throw await this.#tooLate(server, timeout, error);
        const failed = failure(error, this.servers[server]);
        if (only !== undefined || !isUnreachable(failed) || tries >= this.#clients.length) throw failed;
        if (this.#current === server) this.#current = (server + 1) % this.#clients.length;
      } finally {
        limit.end();
      }
    }
  }

  /** Nobody says which shard a server has waited for: each is asked whether it is there. */
  async #tooLate(server: number, timeout: number, cause: unknown): Promise<ServerError> {
    const isThere = async (client: ClickHouseClient): Promise<boolean> => {
      const limit = limited(PING_MS);
      const answer = client.query({ query: 'SELECT 1', abort_signal: limit.signal }).then((result) => result.text());
      return answer
        .then(
          () => true,
          () => false,
        )
        .finally(limit.end);
    };
    const there = await Promise.all(this.#clients.map(isThere));
    const silent = this.servers.filter((_, i) => !there[i]);
    const options = { cause, retryAfter: 2 };
    if (silent.length > 0) {
      const text = `${silent.join(', ')} gave no answer within ${timeout} ms, and is silent: a server that hangs or speaks no TLS where it is expected (or the other way), or a network that loses what is sent. Look at it; until then searches fail.`;
      return new ServerError('SHARD_DOWN', text, options);
    }
    const text = `ClickHouse at ${this.servers[server]} gave no answer within ${timeout} ms: ask for less, or look at the load of its shards.`;
    return new ServerError('TIMEOUT', text, options);
  }

  #fail(error: unknown, server: number): never {
    throw failure(error, this.servers[server]);
  }
}

function insertion(table: string, columns: readonly string[], rows: Uint8Array) {
  return {
    table,
    columns: columns as [string, ...string[]],
    format: 'TabSeparated' as const,
    values: Readable.from(Buffer.from(rows.buffer, rows.byteOffset, rows.length), { objectMode: false }),
  };
}

/** Rows as they come. The client itself heeds a signal only until the first byte is here. */
async function* rowsOf<Row>(result: ResultSet<'JSONEachRow'>, signal: AbortSignal | undefined): AsyncGenerator<Row> {
  const close = (): void => result.close();
  signal?.addEventListener('abort', close);
  try {
    if (signal?.aborted) close();
    for await (const rows of result.stream<Row>()) for (const row of rows) yield row.json() as Row;
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

/**
 * Aborts after `ms` milliseconds and with the other signal. By hand: Node's own timeouts can't be taken back, and
 * AbortSignal.any() would keep something for each call as long as the other signal lives.
 */
function limited(ms: number | undefined, other?: AbortSignal): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = ms === undefined ? undefined : setTimeout(abort, ms);
  other?.addEventListener('abort', abort);
  const end = (): void => {
    clearTimeout(timer);
    other?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, end };
}
