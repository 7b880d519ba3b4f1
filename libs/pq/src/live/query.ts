/** @file What a search is asked for: checked, and as look-up tables. */
import { type Codebook, checkVectors, type Distance } from '../codebook.ts';
import { type AbortSignalLike, PqError } from '../errors.ts';
import { checkTable, lookupTable } from '../table.ts';
import type { Filter } from './filter.ts';
import type { CodebookLike } from './generation.ts';

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
export function checkK(k: number, count: number): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new PqError('BAD_OPTION', `k is ${k}; expected how many items to find, a whole number from 1.`);
  }
  if (k > count) throw new PqError('BAD_OPTION', `k is ${k}; the index holds ${count} items. Ask for at most as many.`);
}

/** @throws PqError `BAD_OPTION` for NaN */
export function checkRadius(radius: number): void {
  if (typeof radius !== 'number' || Number.isNaN(radius)) {
    throw new PqError('BAD_OPTION', `The radius is ${radius}; expected the largest distance wanted, a number.`);
  }
}

/** The codebook, where there is one with codewords. @throws PqError `BAD_OPTION` */
export function withCodewords(codebook: CodebookLike): Codebook {
  if ('codewords' in codebook) return codebook;
  throw new PqError(
    'BAD_OPTION',
    'The index was made without codewords, from M and K alone; give it a look-up table ({ table }) instead of a vector.',
  );
}

/** The look-up table of one query. @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE` */
export function tableOf(codebook: CodebookLike, query: Query, distance: Distance = 'aqd'): Float32Array {
  if (query instanceof Float32Array) return lookupTable(withCodewords(codebook), query, distance);
  if (!(query?.table instanceof Float32Array)) {
    throw new PqError('BAD_OPTION', 'The query is neither a Float32Array [D] nor { table: Float32Array [M, K] }.');
  }
  checkTable(query.table, codebook.M, codebook.K);
  return query.table;
}

/** Several queries, each of which gives its table when its turn comes. */
export interface QueryList {
  readonly count: number;
  /** As they were given: for another thread to make tables of some. */
  slice(from: number, to: number): Queries;
  table(query: number): Float32Array;
}

/** Checks all queries before the first is answered. @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `NOT_FINITE` */
export function queryList(codebook: CodebookLike, queries: Queries, distance: Distance = 'aqd'): QueryList {
  if (queries instanceof Float32Array) {
    const complete = withCodewords(codebook);
    const { D } = complete;
    return {
      count: checkVectors(queries, D),
      slice: (from, to) => queries.slice(from * D, to * D),
      table: (query) => lookupTable(complete, queries.subarray(query * D, (query + 1) * D), distance),
    };
  }
  const tables = queries?.tables;
  if (!(tables instanceof Float32Array)) {
    throw new PqError(
      'BAD_OPTION',
      'The queries are neither a Float32Array [Q, D] nor { tables: Float32Array [Q, M, K] }.',
    );
  }
  const { M, K } = codebook;
  const size = M * K;
  if (tables.length % size !== 0) {
    throw new PqError('BAD_SHAPE', `${tables.length} numbers aren't whole tables of M × K = ${size}.`);
  }
  const count = tables.length / size;
  const table = (query: number) => tables.subarray(query * size, (query + 1) * size);
  for (let query = 0; query < count; query++) checkTable(table(query), M, K);
  return { count, slice: (from, to) => ({ tables: tables.slice(from * size, to * size) }), table };
}
