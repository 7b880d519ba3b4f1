/** @file ClickHouse in this process, by npm's chdb: for tests and trials on one machine. */
import { ServerError } from '../../errors.ts';
import type { ChdbAddress } from './address.ts';
import type { Engine, Run } from './engine.ts';
import { failure } from './failures.ts';

/** What is used of the package, which nobody gets unless they install it. */
interface Chdb {
  Session: new (path: string, o: { connectionArgs: readonly string[] }) => Session;
  drainPending(): Promise<void>;
}
interface Session {
  queryAsync(sql: string, o: { format?: string; signal?: AbortSignal }): Promise<{ text(): string }>;
  insert(o: object): Promise<unknown>;
  close(): void;
}

const ARGUMENTS = [
  '--max_query_size=1073741824',
  '--max_ast_elements=100000000',
  '--max_expanded_ast_elements=100000000',
  '--output_format_json_quote_64bit_integers=1',
];

/** The engine over a folder. All engines of a process are over the same one. */
export class ChdbEngine implements Engine {
  readonly servers = ['chdb'];
  readonly #session: Session;
  readonly #chdb: Chdb;
  readonly #timeout: number;

  private constructor(chdb: Chdb, session: Session, timeout: number) {
    this.#chdb = chdb;
    this.#session = session;
    this.#timeout = timeout;
  }

  /** @throws ServerError `STORE_UNREACHABLE` where chdb isn't installed, or serves another folder in this process */
  static async open({ folder }: ChdbAddress, timeout: number): Promise<ChdbEngine> {
    const chdb = await load();
    await chdb.drainPending();
    try {
      return new ChdbEngine(chdb, new chdb.Session(folder, { connectionArgs: ARGUMENTS }), timeout);
    } catch (error) {
      throw new ServerError('STORE_UNREACHABLE', `chdb can't open ${folder}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async query<Row>(sql: string, { signal, timeout = this.#timeout }: Run = {}): Promise<Row[]> {
    const limit = timeout > 0 ? ` SETTINGS max_execution_time = ${Math.max(1, Math.ceil(timeout / 1000))}` : '';
    const text = await this.#run(signal, async () => {
      const result = await this.#session.queryAsync(sql + limit, { format: 'JSONEachRow', ...(signal && { signal }) });
      return result.text();
    });
    const rows: Row[] = [];
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf('\n', at);
      rows.push(JSON.parse(text.slice(at, end < 0 ? undefined : end)));
      at = end < 0 ? text.length : end + 1;
    }
    return rows;
  }

  async *stream<Row>(sql: string, run: Run = {}): AsyncGenerator<Row> {
    yield* await this.query<Row>(sql, run);
  }

  async insert(table: string, columns: readonly string[], rows: Uint8Array, { signal }: Run = {}): Promise<void> {
    const values = Buffer.from(rows.buffer, rows.byteOffset, rows.length);
    await this.#run(signal, () => this.#session.insert({ table, columns, values, format: 'TSV' }));
  }

  insertAt(_: number, table: string, columns: readonly string[], rows: Uint8Array): Promise<void> {
    return this.insert(table, columns, rows);
  }

  async command(sql: string): Promise<void> {
    await this.#run(undefined, () => this.#session.queryAsync(sql, {}));
  }

  async close(): Promise<void> {
    await this.#chdb.drainPending();
    this.#session.close();
    await this.#chdb.drainPending();
  }

  async #run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw failure(error, 'chdb');
    }
  }
}

async function load(): Promise<Chdb> {
  // Not by its name, or a build would want it.
  const name = 'chdb';
  try {
    return (await import(name)) as Chdb;
  } catch (cause) {
    const text =
      "chdb: is the engine in this process, half a gigabyte that isn't installed: npm install chdb (Linux or macOS).";
    throw new ServerError('STORE_UNREACHABLE', text, { cause });
  }
}
