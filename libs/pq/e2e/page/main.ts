/** @file A page that holds an index against the scan, for tests to call. */
import fc from 'fast-check';
import { createIndex, createRandom, type IndexImage, openIndex, scan } from '../../src/index.ts';
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
    const opened = await openIndex(await built.image(), codebook);
    const hits = await built.searchMany({ tables }, { k: 20 });
    let same = hits.length === queries;
    for (let q = 0; q < queries; q++) {
      const table = tables.slice(q * M * K, (q + 1) * M * K);
      const { rows, distances } = scan(codes, table, { M, K, k: 20 });
      const answers = [hits[q], built.search({ table }, { k: 20 }), opened.search({ table }, { k: 20 })];
      for (const { ids, distances: got } of answers) same &&= `${ids}` === `${rows}` && `${got}` === `${distances}`;
    }
    const kept = await openIndex(await throughDatabase(await built.image()), codebook);
    same &&= `${kept.items().codes}` === `${opened.items().codes}`;
    kept.close();
    const { structure, kernels, threads } = built.explain();
    built.close();
    opened.close();
    return { same, structure, kernels, threads };
  },
};

/** What IndexedDB gives back of an image, put into it as README.md says. */
async function throughDatabase({ parts, ...image }: IndexImage): Promise<IndexImage> {
  const { indexedDB } = globalThis as unknown as { indexedDB: IDBFactoryLike };
  const opening = indexedDB.open('indexes', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('images');
  const database = await settled(opening);
  const store = database.transaction('images', 'readwrite').objectStore('images');
  const copies = parts.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
  await settled(store.put({ ...image, parts: copies }, 'index'));
  return (await settled(store.get('index'))) as IndexImage;
}

/** IndexedDB, as far as it is used: the project has no types of pages. */
interface RequestLike<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: () => void;
  onerror: () => void;
  onupgradeneeded: () => void;
}
interface StoreLike {
  put(value: unknown, key: string): RequestLike<unknown>;
  get(key: string): RequestLike<unknown>;
}
interface DatabaseLike {
  createObjectStore(name: string): StoreLike;
  transaction(name: string, mode: 'readwrite'): { objectStore(name: string): StoreLike };
}
interface IDBFactoryLike {
  open(name: string, version: number): RequestLike<DatabaseLike>;
}

function settled<T>(request: RequestLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

type Checks = typeof page;
declare global {
  /** Of the page. */
  var checks: Checks;
}
globalThis.checks = page;
