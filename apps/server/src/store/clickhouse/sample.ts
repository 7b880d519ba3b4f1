/**
 * @file A part of a gallery's codes, held in this process. As many of them lie within the distance of their n-th nearest as
 * are wanted, and so of all items: a search learns its bound here, and needs no statement to learn it.
 *
 * Items that were removed or moved since make the bound too small; who finds fewer than n within it says so.
 */
import type { CodebookFile } from '@dqn/format';
import { createIndex, type PqIndex } from '@dqn/pq';
import type { ItemReads } from './lookup.ts';
import { codeColumns } from './schema.ts';

/** What is sampled. */
export interface SampledPlace extends ItemReads {
  readonly codebook: CodebookFile;
  /** Bytes of codes that are held; their index takes about three times as much. */
  readonly bytes?: number | undefined;
}

const BYTES = 2 ** 22;
/** The codes of all items are read for it: as rarely as they are counted. */
const MS = 300_000;
const EVERY_MS = 10_000;
const SHARE = 20;
/** A gallery that has grown so many times has its bound too far out. */
const GROWN = 2;

/** A sample that is read when it is first of use, and again when it isn't any more. */
export class Sample {
  readonly #place: SampledPlace;
  readonly #stop = new AbortController();
  #index: PqIndex | undefined;
  /** Items that there were. */
  #of = 0;
  #asked = 0;
  #hasMissed = false;
  #reading: Promise<void> | undefined;
  #againAt = 0;

  constructor(place: SampledPlace) {
    this.#place = place;
  }

  /**
   * A distance within which n items lie, or lay; undefined where that isn't known yet.
   *
   * @param table [M, K], see `lookupTable`
   * @param count items that there are, about
   */
  limit(table: Float32Array, n: number, count: number): number | undefined {
    this.#readIfDue(count);
    if (this.#index === undefined || n > this.#index.count) return undefined;
    return this.#index.search({ table }, { k: n }).distances[n - 1];
  }

  /** Of the codes that are held. */
  get bytes(): number {
    return (this.#index?.count ?? 0) * this.#place.M;
  }

  /** Fewer than n lay within the limit. */
  missed(): void {
    this.#hasMissed = true;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#index?.close();
    this.#index = undefined;
  }

  /** Who asks once is done before a sample is there. */
  #readIfDue(count: number): void {
    const isDue = this.#index === undefined ? ++this.#asked > 1 : this.#hasMissed || count > GROWN * this.#of;
    if (!isDue || this.#reading !== undefined || this.#stop.signal.aborted || performance.now() < this.#againAt) return;
    const began = performance.now();
    this.#reading = this.#read(count)
      // Without it, or with an old one, searches are right, too.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        const now = performance.now();
        this.#againAt = now + Math.max(EVERY_MS, SHARE * (now - began));
      });
  }

  async #read(count: number): Promise<void> {
    const { engine, all, M, codebook, bytes = BYTES } = this.#place;
    const { signal } = this.#stop;
    const every = Math.ceil((count * M) / bytes);
    const code = codeColumns(M).map((name) => `hex(${name})`);
    const [{ codes }] = await engine.query<{ codes: string }>(
      `SELECT arrayStringConcat(groupArray(concat('', ${code}))) AS codes FROM ${all.items} ` +
        `WHERE deleted = 0 AND rand() % ${every} = 0`,
      { signal, timeout: MS },
    );
    const index = await createIndex({ codebook, codes: new Uint8Array(Buffer.from(codes, 'hex')), signal });
    this.#index?.close();
    this.#index = index;
    this.#of = count;
    this.#hasMissed = false;
  }
}
