/** @file A page that holds an index against the scan, for tests to call. */
import fc from 'fast-check';
import { createIndex, createRandom, openIndex, scan } from '../../src/index.ts';
import { createIndexWith } from '../../src/live/create.ts';
import type { Internals } from '../../src/live/internals.ts';
import { exercise } from '../../src/testing/exercise.ts';
import { hostile } from '../../src/testing/hostile-items.ts';

/** What one index was, and whether all its answers were the scan's. */
export interface Told {
  readonly same: boolean;
  readonly structure: string;
  readonly kernels: string;
  readonly threads: number;
}

const page = {
  /** Hostile items, as fast-check finds them. @returns what went wrong; '' for nothing */
  async hostile(runs: number, internals: Internals & { threads?: number }): Promise<string> {
    const property = fc.asyncProperty(hostile, (made) => exercise(made, internals));
    const result = await fc.check(property, { numRuns: runs });
    return result.failed ? fc.defaultReportMessage(result)! : '';
  },

  /** An index as any page makes one, of so many items; its batch is shared out where there are threads. */
  async plain(M: number, K: number, n: number, internals: Internals): Promise<Told> {
    const random = createRandom(M);
    const codes = Uint8Array.from({ length: n * M }, (_, i) => (random.integer(K) + random.integer(K) * (i % M)) % K);
    const queries = 24;
    const tables = Float32Array.from({ length: queries * M * K }, () => random.normal() ** 2);
    const codebook = { M, K };
    const asked = Object.keys(internals).length > 0;
    const built = await (asked ? createIndexWith({ codebook, codes }, internals) : createIndex({ codebook, codes }));
    const opened = await openIndex(built.image(), codebook);
    const hits = await built.searchMany({ tables }, { k: 20 });
    let same = hits.length === queries;
    for (let q = 0; q < queries; q++) {
      const table = tables.slice(q * M * K, (q + 1) * M * K);
      const { rows, distances } = scan(codes, table, { M, K, k: 20 });
      const answers = [hits[q], built.search({ table }, { k: 20 }), opened.search({ table }, { k: 20 })];
      for (const { ids, distances: got } of answers) same &&= `${ids}` === `${rows}` && `${got}` === `${distances}`;
    }
    const { structure, kernels, threads } = built.explain();
    built.close();
    opened.close();
    return { same, structure, kernels, threads };
  },
};

type Checks = typeof page;
declare global {
  /** Of the page. */
  var checks: Checks;
}
globalThis.checks = page;
