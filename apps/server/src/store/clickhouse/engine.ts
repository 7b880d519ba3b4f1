/** @file What the store asks of ClickHouse, whether it runs on servers or in this process. */

/** How to run a statement. */
export interface Run {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; the engine's own limit unless told. */
  readonly timeout?: number | undefined;
  /** Whether shards that don't answer are passed over. */
  readonly partial?: boolean | undefined;
  /** The server to ask and no other, by its place in `servers`; any unless told. */
  readonly server?: number | undefined;
}

/** ClickHouse. All methods throw ServerError, or the signal's reason. */
export interface Engine {
  /** Names of the servers that are called, for messages; any of them is asked. */
  readonly servers: readonly string[];
  /**
   * Rows of a SELECT as objects. 64-bit integers come as texts: as numbers they would be rounded.
   *
   * @param sql without FORMAT
   */
  query<Row>(sql: string, run?: Run): Promise<Row[]>;
  /** The same, row by row. */
  stream<Row>(sql: string, run?: Run): AsyncIterable<Row>;
  /**
   * Inserts rows, all or none on each shard.
   *
   * @param rows tab-separated, see text.ts
   */
  insert(table: string, columns: readonly string[], rows: Uint8Array, run?: Run): Promise<void>;
  /** The same on one server, by its place in `servers`. */
  insertAt(server: number, table: string, columns: readonly string[], rows: Uint8Array): Promise<void>;
  /** Runs a statement that gives nothing, on one server; it takes its time unless it is given so many milliseconds. */
  command(sql: string, server: number, timeout?: number): Promise<void>;
  close(): Promise<void>;
}
