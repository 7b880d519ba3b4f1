/**
 * @file SQL that means the same to every version of ClickHouse, and is not as fast on each: 18.16 takes long to parse lists
 * of numbers, and today's versions look things up in a text's set more slowly than in a list.
 */
import { wordsWithin } from './cells.ts';
import { codeColumns, isFrom } from './schema.ts';
import { float, literals } from './text.ts';

/** How a version is told things. */
export interface Dialect {
  /** The set of some cells, for IN. */
  cells(cells: Uint16Array): string;
  /** The set of some texts, for IN. */
  texts(texts: Iterable<string>): string;
  /**
   * The distance of a code: entries of the look-up table [M, K], added in float64 in the order of the subspaces.
   *
   * @param limit beyond which a distance need not be right, only too large
   */
  distance(table: Float32Array, shape: { readonly M: number; readonly K: number }, limit?: number): string;
  /** Whether it pays to test the distance before other columns are read. */
  readonly distanceFirst: boolean;
}

/** From here on numbers are read from bits, and conditions of PREWHERE are tested one after the other. */
const MODERN = [23, 1] as const;

/** What no sum of table entries reaches. */
const FAR = '1e300';

export function dialectOf(version: readonly number[]): Dialect {
  return isFrom(version, MODERN) ? modern : old;
}

const modern: Dialect = {
  // One text is read at once, a list of literals one by one: 8,000 cells in 4 to 10 ms instead of 44.
  cells: (cells) => `CAST('[${cells.join()}]', 'Array(UInt16)')`,
  texts: (texts) => `(${literals(texts).slice(1, -1)})`,
  distance: (table, { M, K }) => {
    // The bits of a number are read exactly and quickly, its decimal digits are not.
    const bits = new Uint32Array(table.buffer, table.byteOffset, table.length);
    return codeColumns(M)
      .map((name, m) => {
        const entries = `CAST('[${bits.subarray(m * K, (m + 1) * K).join()}]', 'Array(UInt32)')`;
        return `toFloat64(reinterpretAsFloat32(${entries}[${name} + 1]))`;
      })
      .join(' + ');
  },
  distanceFirst: true,
};

const old: Dialect = {
  cells: (cells) => `(SELECT toUInt16(arrayJoin(splitByChar(',', '${cells.join()}'))))`,
  texts: (texts) => `(SELECT arrayJoin(${literals(texts)}))`,
  // It takes some 10 µs to read an entry: only those that something within the limit can have.
  distance: (table, shape, limit) => {
    const words = wordsWithin(table, shape, limit);
    return codeColumns(shape.M)
      .map((name, m) => {
        const entries = words[m].map((k) => float(table[m * shape.K + k]));
        return `transform(${name}, [${words[m]}], [${entries}], ${FAR})`;
      })
      .join(' + ');
  },
  distanceFirst: false,
};
