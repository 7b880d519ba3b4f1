/** @file Opening a gallery in ClickHouse, or making one. */
import type { CodebookFile, IdKind } from '@dqn/format';
import type { SearchCodebook } from '@dqn/runtime';
import { ServerError } from '../../errors.ts';
import { parseAddress, type StoreAddress } from './address.ts';
import { ChdbEngine } from './chdb-engine.ts';
import { dialectOf } from './dialect.ts';
import type { Engine, Run } from './engine.ts';
import {
  codebookBytes,
  definitions,
  type GalleryFacts,
  localTables,
  metaRows,
  newFacts,
  type Place,
  readFacts,
  versionOf,
} from './schema.ts';
import { shardsOfGallery } from './shards.ts';
import { ClickHouseStore, type StoreInternals } from './store.ts';

/** How to open a gallery in ClickHouse. */
export interface OpenClickHouseOptions extends SearchCodebook {
  /** The bytes of codebook.pb, which a new gallery keeps; unless given they are written anew, which gives the same. */
  readonly codebookFile?: Uint8Array | undefined;
  /** Where there is no gallery: an empty one with ids of this kind is made. */
  readonly create?: { readonly idKind: IdKind } | undefined;
  /** Takes no writes. */
  readonly readOnly?: boolean | undefined;
  /** Media type of the thumbnails of a new gallery; default `image/webp`. */
  readonly thumbnailType?: string | undefined;
  /** Milliseconds that a statement may take; default 30,000. */
  readonly timeout?: number | undefined;
  /** Where the user and the password are; default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const TIMEOUT_MS = 20_000;
/** For the first word of a server, which costs it nothing. */
const FIRST_MS = 10_000;

/**
 * Opens a gallery in ClickHouse.
 *
 * @param url see address.ts
 * @throws ServerError `BAD_CONFIG`, `GALLERY_NOT_FOUND`, `STORE_UNREACHABLE`, `STORE_DENIED`, `STORE_MISMATCH`, `SHARD_DOWN`;
 * FormatError `CODEBOOK_MISMATCH`
 * @example
 * await using store = await openClickHouseStore('clickhouse://localhost:8123/cats', { codebook, codebookSha256 });
 */
export function openClickHouseStore(url: string, options: OpenClickHouseOptions): Promise<ClickHouseStore> {
  return openClickHouseStoreWith(url, options, {});
}

/** For tests. */
export async function openClickHouseStoreWith(
  url: string,
  options: OpenClickHouseOptions,
  internals: StoreInternals,
): Promise<ClickHouseStore> {
  const address = parseAddress(url);
  const { timeout = TIMEOUT_MS, env = process.env } = options;
  const credentials = { user: env.DQN_CLICKHOUSE_USER, password: env.DQN_CLICKHOUSE_PASSWORD };
  const engine =
    address.kind === 'chdb'
      ? await ChdbEngine.open(address, timeout)
      : // Its client is loaded by those who need it: it is a part of every start otherwise.
        new (await import('./server-engine.ts')).ServerEngine(address, timeout, credentials);
  try {
    const place = { database: address.database, cluster: address.kind === 'chdb' ? undefined : address.cluster };
    const version = await versionOf(engine, { timeout: Math.min(timeout, FIRST_MS) });
    let facts = await readFacts(engine, place, options);
    if (facts === undefined) {
      if (options.create === undefined || options.readOnly) throw missing(engine, place);
      facts = await create(engine, address, place, options, { version, timeout });
    }
    const { codebook, readOnly = false } = options;
    const shards = await shardsOfGallery(engine, place);
    if (place.cluster !== undefined && shards.size !== facts.shards)
      throw otherCluster(engine, place, shards.size, facts);
    const dialect = dialectOf(version);
    return await ClickHouseStore.open({ engine, dialect, place, facts, shards, codebook, readOnly, ...internals });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function missing(engine: Engine, { database }: Place): ServerError {
  return new ServerError(
    'GALLERY_NOT_FOUND',
    `No gallery in the database ${database} at ${engine.servers[0]}; make one with \`dqn index --store\`.`,
  );
}

function otherCluster(
  engine: Engine,
  { database, cluster }: Place,
  found: number,
  { shards }: GalleryFacts,
): ServerError {
  const has = found === 0 ? `knows of no cluster ${cluster}` : `has ${found} shards in the cluster ${cluster}`;
  const text = `The gallery ${database} lies on ${shards} shards, and the server ${engine.servers[0]} ${has}: name the cluster that it was made with.`;
  return new ServerError('STORE_MISMATCH', text);
}

/** Makes the tables on every server, and then says on each what they are: that is what makes them a gallery. */
async function create(
  engine: Engine,
  address: StoreAddress,
  place: Place,
  options: OpenClickHouseOptions,
  { version, timeout }: { version: readonly number[]; timeout: number },
): Promise<GalleryFacts> {
  const { codebook, codebookSha256, codebookFile, create: wanted, thumbnailType = 'image/webp' } = options;
  const bytes = codebookBytes(codebook as CodebookFile, codebookSha256, codebookFile);
  const { shards, replicated } = place.cluster === undefined ? ONE : await shardsOf(engine, address, place.cluster);
  const facts = newFacts(
    { codebook: codebook as CodebookFile, codebookSha256 },
    { idKind: wanted!.idKind, thumbnailType, shards },
  );
  // All of them are asked before anything is made: a server that is gone leaves no half of a gallery.
  const numbers: number[] = [];
  for (let server = 0; server < engine.servers.length; server++)
    numbers.push(await shardOf(engine, place.cluster, { server, timeout: Math.min(timeout, FIRST_MS) }));
  const statements = definitions(place, facts, { version, replicated });
  for (let server = 0; server < engine.servers.length; server++) {
    for (const statement of statements) await engine.command(statement, server, timeout);
  }
  for (let server = 0; server < engine.servers.length; server++) {
    const rows = metaRows(facts, bytes, numbers[server]);
    await engine.insertAt(server, localTables(place).meta, ['name', 'value'], Buffer.from(rows));
  }
  const made = await readFacts(engine, place, options);
  if (made === undefined) throw missing(engine, place);
  return made;
}

/** Which shard a server is. @throws ServerError `BAD_CONFIG` where it doesn't say */
async function shardOf(
  engine: Engine,
  cluster: string | undefined,
  run: Run & { readonly server: number },
): Promise<number> {
  if (cluster === undefined) return 1;
  const [own] = await engine.query<{ shard: number }>(
    `SELECT shard_num AS shard FROM system.clusters WHERE cluster = '${cluster}' AND is_local`,
    run,
  );
  if (own !== undefined) return own.shard;
  const text = `The server ${engine.servers[run.server]} doesn't find itself in the cluster ${cluster}: its remote_servers must name it by an address of its own.`;
  throw new ServerError('BAD_CONFIG', text);
}

const ONE = { shards: 1, replicated: false };

/** The shards of a cluster; all of their servers have to be named, since the tables are made on each. */
async function shardsOf(
  engine: Engine,
  address: StoreAddress,
  cluster: string,
): Promise<{ shards: number; replicated: boolean }> {
  const rows = await engine.query<{ shard: number; host: string; port: number }>(
    `SELECT shard_num AS shard, host_name AS host, port FROM system.clusters WHERE cluster = '${cluster}'`,
  );
  const shards = new Set(rows.map(({ shard }) => shard)).size;
  const named = address.kind === 'server' ? address.urls.length : 1;
  if (shards === 0) {
    const text = `The server ${engine.servers[0]} knows of no cluster ${cluster}: define it in its remote_servers.`;
    throw new ServerError('BAD_CONFIG', text);
  }
  if (named !== rows.length) {
    const all = rows.map(({ host, port }) => `${host}:${port}`).join(', ');
    const text = `The cluster ${cluster} has ${rows.length} servers (${all}), and the address names ${named}: name the HTTP port of each, so that the tables can be made on all of them.`;
    throw new ServerError('BAD_CONFIG', text);
  }
  return { shards, replicated: rows.length > shards };
}
