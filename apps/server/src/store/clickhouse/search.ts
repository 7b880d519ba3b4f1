/**
 * @file The exact search. A sample of the codes gives a distance within which k items lie, and one query reads the cells
 * that can hold an item as near as that. With a filter, or without a sample, a query over the nearest cells gives the
 * distance.
 *
 * That may be wrong about what is there: neither asks which states of an item are old. What is read then is one state of
 * the database, with all states of what is found, newest first, and the answer is checked: if fewer than k are left, the
 * distance was too small, and a greater one is taken.
 */

import type { CodebookFile, IdKind } from '@dqn/format';
import type { Distance } from '@dqn/pq';
import { lookupTable } from '@dqn/pq';
import { boundsOf, type CellSubspaces, cellsWithin, nearestCells } from './cells.ts';
import type { Run } from './engine.ts';
import type { RowFilter } from './filter.ts';
import type { ItemReads } from './lookup.ts';
import type { Sample } from './sample.ts';
import { codeColumns } from './schema.ts';
import { float } from './text.ts';

/** What is searched. */
export interface SearchPlace extends ItemReads {
  readonly codebook: CodebookFile;
  readonly idKind: IdKind;
  readonly cell: CellSubspaces;
  /** [CELLS]: items of each cell, about. */
  readonly counts: Uint32Array;
  /** Items, about. */
  readonly count: number;
  readonly sample: Pick<Sample, 'limit' | 'missed'>;
  readonly plainBelow: number;
  readonly firstLeast: number;
}

/** What is looked for. */
export interface Wanted {
  /** Hits, those left out before them included. */
  readonly n: number;
  readonly distance: Distance;
  readonly filter: RowFilter | undefined;
  readonly metadata: boolean;
}

/** A found item. */
export interface Found {
  readonly id: string;
  readonly distance: number;
  readonly labels: readonly string[];
  /** JSON; empty for none. */
  readonly metadata: string;
}

interface Row {
  readonly id: string;
  readonly code: readonly number[];
  readonly labels: readonly string[];
  readonly metadata?: string;
  readonly version: string;
  readonly passes: number;
}

/** Of fewer items all are looked at: parsing a set of cells would take longer. */
export const PLAIN_BELOW = 300_000;
/** Items that the query for a limit reads for each that is wanted, and at least. */
const FIRST_READS = 16;
export const FIRST_LEAST = 16_384;
/** If they don't hold enough, so many times more are read. */
const MORE = 16;
/** Of cells that hold more than this share of all items no set is made: everything is read. */
const MOST_SHARE = 0.5;
/** Rows of old states that are expected beside those that are wanted. */
const SLACK = 64;

/** The items nearest to a query, nearest first, ties by id. @throws PqError `NOT_FINITE` */
export async function searchItems(place: SearchPlace, query: Float32Array, wanted: Wanted, run: Run): Promise<Found[]> {
  const { codebook, cell } = place;
  const { n, filter } = wanted;
  if (filter?.isEmpty) return [];
  const table = lookupTable(codebook, query, wanted.distance);
  const search = new Search(place, table, wanted, run);
  // A few ids are read as they are.
  if (filter?.ids !== undefined) return search.among(filter.ids);
  const isPlain = place.count < place.plainBelow;
  let limit = isPlain || filter !== undefined ? undefined : place.sample.limit(table, n, place.count);
  let isSampled = limit !== undefined;
  for (let items = Math.max(FIRST_READS * n, place.firstLeast), needed = n; ; ) {
    if (limit === undefined) {
      const isPart = !isPlain && items < place.count;
      const near = isPart ? nearestCells(boundsOf(table, codebook, cell), place.counts, items) : undefined;
      limit = await search.limit(needed, near);
      if (limit === undefined && near !== undefined) {
        items *= MORE;
        continue;
      }
    }
    const found = await search.within(limit, isPlain || limit === undefined ? undefined : cellsOf(place, table, limit));
    if (found.length >= n || limit === undefined) return found.slice(0, n);
    if (!isSampled) needed *= 2;
    // Where shards are missing, so are their items.
    else if (!run.partial) place.sample.missed();
    limit = undefined;
    isSampled = false;
  }
}

/** The cells to read; undefined where they are so many that everything is read. */
function cellsOf({ codebook, cell, counts, count }: SearchPlace, table: Float32Array, limit: number) {
  const { cells, items } = cellsWithin(boundsOf(table, codebook, cell, limit), counts, limit);
  return items < MOST_SHARE * count ? cells : undefined;
}

/** The statements of one query. */
class Search {
  readonly #place: SearchPlace;
  readonly #table: Float32Array;
  readonly #wanted: Wanted;
  readonly #run: Run;

  constructor(place: SearchPlace, table: Float32Array, wanted: Wanted, run: Run) {
    this.#place = place;
    this.#table = table;
    this.#wanted = wanted;
    this.#run = run;
  }

  /** A code's distance; exact up to the limit, and beyond it where codes are that far. */
  #distance(limit?: number): string {
    const { dialect, codebook } = this.#place;
    return dialect.distance(this.#table, codebook, limit);
  }

  /** The n-th smallest distance of what passes, some old states included; undefined where there are fewer. */
  async limit(n: number, cells: Uint16Array | undefined): Promise<number | undefined> {
    const { engine, dialect, all } = this.#place;
    const rows = await engine.query<{ d: number }>(
      `SELECT ${this.#distance()} AS d FROM ${all.items}${cells ? ` PREWHERE cell IN ${dialect.cells(cells)}` : ''} ` +
        `WHERE ${this.#passes} ORDER BY d LIMIT ${n - 1}, 1`,
      this.#run,
    );
    return rows[0]?.d;
  }

  /** What passes within a distance, in one state of the database. */
  async within(limit: number | undefined, cells: Uint16Array | undefined): Promise<Found[]> {
    const { dialect, local } = this.#place;
    const near = cells ? [`cell IN ${dialect.cells(cells)}`] : [];
    const within = (distance: string, ...others: string[]) => {
      const nearer = limit === undefined ? [] : [`${distance} <= ${float(limit)}`];
      return dialect.distanceFirst ? clauses([...near, ...nearer], others) : clauses(near, [...nearer, ...others]);
    };
    // Of what passes, each state is needed: the newest one may not pass. Without a filter nearly all pass.
    const isNarrowed = this.#wanted.filter !== undefined || limit === undefined;
    const distance = this.#distance(limit);
    const passing = `SELECT id FROM ${local.items} ${within(distance, this.#passes)}`;
    const conditions = isNarrowed ? within('d', `id IN (${passing})`) : within('d');
    for (let rows = 2 * this.#wanted.n + SLACK; ; rows *= 4) {
      const read = await this.#rows(distance, conditions, limit === undefined ? undefined : rows);
      const found = this.#newest(read);
      if (found.length >= this.#wanted.n || limit === undefined || read.length < rows) return found;
    }
  }

  /** What passes of some ids. */
  async among(ids: readonly string[]): Promise<Found[]> {
    const { dialect, local } = this.#place;
    const set = dialect.texts(ids);
    const rows = await this.#rows(
      this.#distance(),
      `PREWHERE cell IN (SELECT cell FROM ${local.places} WHERE id IN ${set}) WHERE id IN ${set}`,
      undefined,
    );
    return this.#newest(rows).slice(0, this.#wanted.n);
  }

  get #passes(): string {
    const { filter } = this.#wanted;
    return filter === undefined || filter.condition === '1' ? 'deleted = 0' : `deleted = 0 AND ${filter.condition}`;
  }

  #rows(distance: string, conditions: string, limit: number | undefined): Promise<Row[]> {
    const { engine, all, codebook, idKind } = this.#place;
    const metadata = this.#wanted.metadata ? ' metadata,' : '';
    // Numbers are texts without leading zeros: the shorter is the smaller.
    const byId = idKind === 'string' ? 'id' : 'length(id), id';
    return engine.query<Row>(
      `SELECT id, [${codeColumns(codebook.M)}] AS code, labels,${metadata} version, (${this.#passes}) AS passes, ` +
        `${distance} AS d FROM ${all.items} ${conditions} ORDER BY d, ${byId}, version DESC` +
        (limit === undefined ? '' : ` LIMIT ${limit}`),
      this.#run,
    );
  }

  /** The newest state at each place, where it passes. Distances are added here, as everywhere in the house. */
  #newest(rows: readonly Row[]): Found[] {
    const { M, K } = this.#place.codebook;
    const seen = new Set<string>();
    const byId = new Map<string, { readonly row: Row; readonly at: number }>();
    const found: (Found | undefined)[] = [];
    for (const row of rows) {
      const placeKey = `${row.code.join()} ${row.id}`;
      if (seen.has(placeKey)) continue;
      seen.add(placeKey);
      if (row.passes === 0) continue;
      const other = byId.get(row.id);
      if (other !== undefined) {
        // Two wrote it at the same time, at two places: the newer counts.
        if (BigInt(other.row.version) >= BigInt(row.version)) continue;
        found[other.at] = undefined;
      }
      let distance = 0;
      for (let m = 0; m < M; m++) distance += this.#table[m * K + row.code[m]];
      byId.set(row.id, { row, at: found.length });
      found.push({ id: row.id, distance, labels: row.labels, metadata: row.metadata ?? '' });
    }
    return found.filter((one) => one !== undefined);
  }
}

function clauses(prewhere: readonly string[], where: readonly string[]): string {
  const parts = [
    ...(prewhere.length > 0 ? [`PREWHERE ${prewhere.join(' AND ')}`] : []),
    ...(where.length > 0 ? [`WHERE ${where.join(' AND ')}`] : []),
  ];
  return parts.join(' ');
}
