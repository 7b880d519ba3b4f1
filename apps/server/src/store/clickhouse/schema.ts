/**
 * @file The tables of a gallery in ClickHouse.
 *
 *     items       a row for each state of an item at a place: ordered by (cell, the other subcodes, id), so that a search
 *                 reads cells and a place is unique. The row of the highest version counts, others go when parts are merged
 *     places      (id, cell): cells in which an item may lie, or has lain; written before the item is
 *     thumbnails  (id, version) → bytes
 *     classes     names of classes, in the order in which they came
 *     meta        name → value: schema version, M, K, the codebook and its SHA-256, the kind of ids …
 *
 * Each is `NAME_local` on every server. With a cluster, `NAME` is Distributed over them by a hash of the id (of a class's
 * name); meta is the same on each.
 */
import { type CodebookFile, FormatError, type IdKind, sha256Hex, writeCodebook } from '@dqn/format';
import { ServerError } from '../../errors.ts';
import { type CellSubspaces, chooseSubspaces } from './cells.ts';
import type { Engine, Run } from './engine.ts';
import { escaped } from './text.ts';

/** Of the tables; another one is refused. */
export const SCHEMA_VERSION = 1;
/** The oldest server that does what is asked of it. */
const OLDEST = [18, 16] as const;
/** From here on a part can be made to be on the disk before an insert is answered. */
const SYNCS_FROM = [20, 11] as const;

/** Rows between two marks of the primary key: of cells small ones, and of ids, which are looked up by themselves. */
const ITEM_ROWS = 1024;
const PLACE_ROWS = 256;
const THUMBNAIL_ROWS = 16;

/** Names of a gallery's tables, to be read from and to be written to. */
export interface Tables {
  readonly items: string;
  readonly places: string;
  readonly thumbnails: string;
  readonly classes: string;
  readonly meta: string;
}

/** Where the tables are. */
export interface Place {
  readonly database: string;
  readonly cluster: string | undefined;
}

/** What a gallery says of itself. */
export interface GalleryFacts {
  readonly M: number;
  readonly K: number;
  readonly codebookSha256: string;
  readonly idKind: IdKind;
  readonly thumbnailType: string;
  readonly cell: CellSubspaces;
  /** Shards that its items are spread over. */
  readonly shards: number;
}

/** Tables of one server. */
export function localTables({ database }: Place): Tables {
  return tablesOf((name) => `${database}.${name}_local`);
}

/** Tables over all shards. */
export function tables(place: Place): Tables {
  if (place.cluster === undefined) return localTables(place);
  return tablesOf((name) => `${place.database}.${name}`);
}

function tablesOf(name: (of: string) => string): Tables {
  const [items, places, thumbnails, classes, meta] = ['items', 'places', 'thumbnails', 'classes', 'meta'].map(name);
  return { items, places, thumbnails, classes, meta };
}

/** Columns of a code. */
export function codeColumns(M: number): string[] {
  return Array.from({ length: M }, (_, m) => `m${m}`);
}

/** Statements that make the tables where they aren't yet. */
export function definitions(
  place: Place,
  { M, cell }: Pick<GalleryFacts, 'M' | 'cell'>,
  o: { version: readonly number[]; replicated: boolean },
): string[] {
  const local = localTables(place);
  const sync = isFrom(o.version, SYNCS_FROM) ? ', fsync_after_insert = 1, fsync_part_directory = 1' : '';
  const make = (table: string, columns: string, engine: string, order: string, rows: number) => {
    const [database, name] = table.split('.');
    const made = o.replicated
      ? `Replicated${engine.replace('(', `('/clickhouse/tables/{shard}/${database}/${name}', '{replica}', `).replace(', )', ')')}`
      : engine;
    return `CREATE TABLE IF NOT EXISTS ${table} (${columns}) ENGINE = ${made} ORDER BY (${order}) SETTINGS index_granularity = ${rows}${sync}`;
  };
  const codes = codeColumns(M);
  const others = codes.filter((_, m) => !cell.includes(m));
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${place.database}`,
    make(
      local.items,
      `cell UInt16, ${codes.map((name) => `${name} UInt8`).join(', ')}, id String, labels Array(String), members Array(String), metadata String, hasThumbnail UInt8, deleted UInt8, version UInt64`,
      'ReplacingMergeTree(version)',
      ['cell', ...others, 'id'].join(', '),
      ITEM_ROWS,
    ),
    make(local.places, 'id String, cell UInt16', 'ReplacingMergeTree()', 'id, cell', PLACE_ROWS),
    make(
      local.thumbnails,
      'id String, version UInt64, bytes String',
      'ReplacingMergeTree()',
      'id, version',
      THUMBNAIL_ROWS,
    ),
    make(local.classes, 'name String, number UInt64', 'ReplacingMergeTree()', 'name', PLACE_ROWS),
    make(local.meta, 'name String, value String', 'ReplacingMergeTree()', 'name', PLACE_ROWS),
  ];
  if (place.cluster === undefined) return statements;
  const all = tables(place);
  const spread = (['items', 'places', 'thumbnails', 'classes', 'meta'] as const).map((name) => {
    const key = name === 'classes' || name === 'meta' ? 'cityHash64(name)' : 'cityHash64(id)';
    return `CREATE TABLE IF NOT EXISTS ${all[name]} AS ${local[name]} ENGINE = Distributed('${place.cluster}', '${place.database}', '${name}_local', ${key})`;
  });
  return [...statements, ...spread];
}

/** A server's version. @throws ServerError `STORE_MISMATCH` for one that is too old */
export async function versionOf(engine: Engine, run: Run): Promise<readonly number[]> {
  const [{ version }] = await engine.query<{ version: string }>('SELECT version() AS version', run);
  const numbers = version.split('.').map(Number);
  if (isFrom(numbers, OLDEST)) return numbers;
  const text = `ClickHouse at ${engine.servers[0]} is ${version}; expected ${OLDEST.join('.')} or newer. Upgrade it.`;
  throw new ServerError('STORE_MISMATCH', text);
}

/** Whether a version is this one or newer. */
export function isFrom([major, minor]: readonly number[], [from, fromMinor]: readonly number[]): boolean {
  return major > from || (major === from && minor >= fromMinor);
}

/** What a new gallery will say of itself. */
export function newFacts(
  { codebook, codebookSha256 }: { codebook: CodebookFile; codebookSha256: string },
  o: { idKind: IdKind; thumbnailType: string; shards: number },
): GalleryFacts {
  const { M, K } = codebook;
  return { M, K, codebookSha256, ...o, cell: chooseSubspaces(codebook) };
}

/** Rows of the meta table. @param shard of the server that keeps them, by its number in the cluster */
export function metaRows(facts: GalleryFacts, codebookFile: Uint8Array, shard: number): string {
  const values = {
    schema: SCHEMA_VERSION,
    shard,
    ...facts,
    cell: facts.cell.join(','),
    codebook: Buffer.from(codebookFile.buffer, codebookFile.byteOffset, codebookFile.length).toString('base64'),
  };
  return Object.entries(values)
    .map(([name, value]) => `${escaped(name)}\t${escaped(String(value))}\n`)
    .join('');
}

/** The bytes of a codebook.pb. @throws ServerError `BAD_CONFIG` where they aren't those of the hash */
export function codebookBytes(
  codebook: CodebookFile,
  codebookSha256: string,
  file: Uint8Array | undefined,
): Uint8Array {
  const bytes = file ?? writeCodebook(codebook);
  const found = sha256Hex(bytes);
  if (found === codebookSha256) return bytes;
  throw new ServerError(
    'BAD_CONFIG',
    `The codebook's bytes have SHA-256 ${found}, not ${codebookSha256}: hand in the file's.`,
  );
}

/**
 * What the gallery of a database says of itself.
 *
 * @returns undefined where there is none
 * @throws ServerError `STORE_MISMATCH`, FormatError `CODEBOOK_MISMATCH`
 */
export async function readFacts(
  engine: Engine,
  place: Place,
  of: { codebook: CodebookFile; codebookSha256: string },
): Promise<GalleryFacts | undefined> {
  const { meta } = tables(place);
  let rows: { name: string; value: string }[];
  try {
    rows = await engine.query(`SELECT name, value FROM ${meta} FINAL WHERE name != 'codebook'`);
  } catch (error) {
    if (error instanceof ServerError && error.code === 'GALLERY_NOT_FOUND') return undefined;
    throw error;
  }
  if (rows.length === 0) return undefined;
  const value = (name: string): string => {
    const all = new Set(rows.filter((row) => row.name === name).map((row) => row.value));
    if (all.size === 1) return [...all][0];
    const said = all.size === 0 ? 'nothing' : `on different shards ${[...all].join(' and ')}`;
    throw new ServerError(
      'STORE_MISMATCH',
      `The gallery ${place.database} says ${said} for its ${name}: its shards don't belong together, or it is damaged.`,
    );
  };
  const schema = value('schema');
  if (schema !== String(SCHEMA_VERSION)) {
    const text = `The tables of ${place.database} have schema version ${schema}; expected ${SCHEMA_VERSION}. Open them with the release that made them, or index the pictures into another database.`;
    throw new ServerError('STORE_MISMATCH', text);
  }
  const [a, b] = value('cell').split(',').map(Number);
  const facts: GalleryFacts = {
    M: Number(value('M')),
    K: Number(value('K')),
    codebookSha256: value('codebookSha256'),
    idKind: value('idKind') as IdKind,
    thumbnailType: value('thumbnailType'),
    cell: [a, b],
    shards: Number(value('shards')),
  };
  const shards = rows.filter((row) => row.name === 'schema').length;
  if (shards !== facts.shards) {
    const text = `The gallery ${place.database} was made for ${facts.shards} shards, and ${shards} have it now. Name the cluster that it was made with; to spread it over more, copy it into a database of the larger one.`;
    throw new ServerError('STORE_MISMATCH', text);
  }
  if (facts.codebookSha256 !== of.codebookSha256 || facts.M !== of.codebook.M || facts.K !== of.codebook.K) {
    const text = `The gallery ${place.database} was made with codebook ${facts.codebookSha256}, but this model's is ${of.codebookSha256}. Open it with the model that made it, or index the images again.`;
    throw new FormatError('CODEBOOK_MISMATCH', text);
  }
  return facts;
}
