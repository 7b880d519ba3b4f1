/** @file Items by their ids: `places` says in which cells they may lie, so that few rows are read. */
import type { Dialect } from './dialect.ts';
import type { Engine, Run } from './engine.ts';
import type { Tables } from './schema.ts';
import { codeColumns } from './schema.ts';
import { literal } from './text.ts';

/** Reads of ids go through these. */
export interface ItemReads {
  readonly engine: Engine;
  readonly dialect: Dialect;
  readonly M: number;
  /** Over all shards. */
  readonly all: Tables;
  /** Of one shard: an id's place and its rows lie on the same one. */
  readonly local: Tables;
}

/** The newest state of an item at a place. */
export interface PlaceState {
  readonly id: string;
  readonly code: readonly number[];
  readonly isGone: number;
  /** Its version. */
  readonly newest: string;
}

/** The newest state of an item. */
export interface ItemRow {
  readonly id: string;
  readonly code: readonly number[];
  readonly deleted: number;
  readonly version: string;
  readonly labels: readonly string[];
  readonly metadata: string;
  readonly hasThumbnail: number;
}

/** Texts of one statement, in UTF-16 units: what a parser takes in a moment. */
const MOST_TEXT = 2 ** 22;

/** The states of some items at all the places where they lie or lay. */
export async function placesOf(
  { engine, dialect, M, all, local }: ItemReads,
  ids: readonly string[],
  run?: Run,
): Promise<PlaceState[]> {
  const codes = codeColumns(M).join(', ');
  const found: PlaceState[] = [];
  for (const part of inParts(ids)) {
    const set = dialect.texts(part);
    found.push(
      ...(await engine.query<PlaceState>(
        `SELECT id, [${codes}] AS code, argMax(deleted, version) AS isGone, max(version) AS newest FROM ${all.items} ` +
          `PREWHERE cell IN (SELECT cell FROM ${local.places} WHERE id IN ${set}) WHERE id IN ${set} GROUP BY id, ${codes}`,
        run,
      )),
    );
  }
  return found;
}

/** An item; undefined if there is no such item. */
export async function itemOf(
  { engine, M, all, local }: ItemReads,
  id: string,
  run?: Run,
): Promise<ItemRow | undefined> {
  const text = literal(id);
  // A change of its code leaves two rows of one version: what is no more, and what is.
  const [row] = await engine.query<ItemRow>(
    `SELECT id, [${codeColumns(M)}] AS code, labels, metadata, hasThumbnail, deleted, version FROM ${all.items} ` +
      `PREWHERE cell IN (SELECT cell FROM ${local.places} WHERE id = ${text}) WHERE id = ${text} ` +
      'ORDER BY version DESC, deleted LIMIT 1',
    run,
  );
  return row?.deleted === 0 ? row : undefined;
}

function* inParts(ids: readonly string[]): Generator<string[]> {
  let part: string[] = [];
  let length = 0;
  for (const id of ids) {
    if (length > MOST_TEXT) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(id);
    length += id.length + 4;
  }
  if (part.length > 0) yield part;
}
