/** @file What a search is asked for: checked, and as look-up tables. */
import { type Codebook, checkVectors, type Distance } from '../codebook.ts';
import { type AbortSignalLike, PqError } from '../errors.ts';
import { checkDistance, checkHowMany, shown } from '../given.ts';
import { checkTable, createTables, type Tables } from '../table.ts';
import type { CodebookLike } from './generation.ts';
import type { Filter } from './recent.ts';

/** A query vector [D], or its look-up table [M, K] row-major: smaller is nearer. */
export type Query = Float32Array | { readonly table: Float32Array };

/** Query vectors [Q, D], or look-up tables [Q, M, K], row-major. */
export type Queries = Float32Array | { readonly tables: Float32Array };

/** What every search can be told. */
export interface QueryOptions {
  /** How a query vector is compared; 'aqd' unless told. A table says it itself. */
  readonly distance?: Distance | undefined;
  /** Only these items may be found. */
  readonly filter?: Filter | undefined;
  /** Looked at before the work begins, and between the queries of a batch. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Of a search for the nearest. */
export interface SearchOptions extends QueryOptions {
  /** How many, from 1 to the number of items; where a filter leaves fewer, all of those are found. */
  readonly k: number;
}

/** Of a search for everything near. */
export interface WithinOptions extends QueryOptions {
  /** The largest distance that is near; negative where distances can be (`ip`). */
  readonly radius: number;
}

/** @throws PqError `BAD_OPTION` unless k is 1 to count */
export function checkK(k: unknown, count: number): void {
  checkHowMany(k, 'items');
  if (Number(k) > count)
    throw new PqError('BAD_OPTION', `k is ${k}; the index holds ${count} items. Ask for at most as many.`);
}

/** @throws PqError `BAD_OPTION` for NaN */
export function checkRadius(radius: unknown): void {
  if (typeof radius !== 'number' || Number.isNaN(radius)) {
    throw new PqError('BAD_OPTION', `The radius is ${shown(radius)}; expected the largest distance wanted, a number.`);
  }
}

/** @throws PqError `BAD_OPTION` unless either k or a radius is given, and can be */
export function checkWanted({ k, radius }: { k?: unknown; radius?: unknown }, count: number): void {
  if (radius === undefined) checkK(k, count);
  else checkRadius(radius);
  if (k !== undefined && radius !== undefined) {
    throw new PqError('BAD_OPTION', 'Both k and a radius are given; expected one of them.');
  }
}

/** Writes look-up tables, f64 [M, 256], of which each row's first K entries are used. */
export interface QueryTables {
  /**
   * Checks a query.
   *
   * @returns what writes its table; it may still throw `NOT_FINITE` where distances are too large
   * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE`
   */
  one(query: Query, distance?: Distance): (into: Float64Array) => void;
  /** Checks several queries before the first is answered. @throws as `one` */
  many(queries: Queries, distance?: Distance): QueryList;
}

/** Several queries, each of which gives its table when its turn comes. */
export interface QueryList {
  readonly count: number;
  /** Some as they were given: for another thread. */
  slice(from: number, to: number): Queries;
  write(query: number, into: Float64Array): void;
}

/** @throws PqError `BAD_SHAPE`, `NOT_FINITE` */
export function queryTables(codebook: CodebookLike): QueryTables {
  const { M, K } = codebook;
  const tables = 'codewords' in codebook ? createTables(codebook) : undefined;
  const size = M * K;

  function spread(table: Float32Array, into: Float64Array): void {
    for (let m = 0, i = 0; m < M; m++) for (let k = 0; k < K; k++) into[256 * m + k] = table[i++];
  }
  function vectorTables(): { D: number; tables: Tables } {
    if (tables !== undefined) return { D: (codebook as Codebook).D, tables };
    throw new PqError(
      'BAD_OPTION',
      'The index was made without codewords, from M and K alone: give it look-up tables instead of vectors.',
    );
  }

  return {
    one(query, distance = 'aqd') {
      checkDistance(distance);
      if (query instanceof Float32Array) {
        const { tables } = vectorTables();
        return (into) => tables.table(query, distance, into, 256);
      }
      const table = query?.table;
      if (!(table instanceof Float32Array)) {
        throw new PqError('BAD_OPTION', 'The query is neither a Float32Array [D] nor { table: Float32Array [M, K] }.');
      }
      checkTable(table, M, K);
      return (into) => spread(table, into);
    },

    many(queries, distance = 'aqd') {
      checkDistance(distance);
      if (queries instanceof Float32Array) {
        const { D, tables } = vectorTables();
        return {
          count: checkVectors(queries, D),
          slice: (from, to) => queries.slice(from * D, to * D),
          write: (query, into) => tables.table(queries.subarray(query * D, (query + 1) * D), distance, into, 256),
        };
      }
      const all = queries?.tables;
      if (!(all instanceof Float32Array)) {
        throw new PqError(
          'BAD_OPTION',
          'The queries are neither a Float32Array [Q, D] nor { tables: Float32Array [Q, M, K] }.',
        );
      }
      if (all.length % size !== 0) {
        throw new PqError('BAD_SHAPE', `${all.length} numbers aren't whole tables of M × K = ${size}.`);
      }
      const count = all.length / size;
      const table = (query: number) => all.subarray(query * size, (query + 1) * size);
      for (let query = 0; query < count; query++) checkTable(table(query), M, K);
      return {
        count,
        slice: (from, to) => ({ tables: all.slice(from * size, to * size) }),
        write: (query, into) => spread(table(query), into),
      };
    },
  };
}
