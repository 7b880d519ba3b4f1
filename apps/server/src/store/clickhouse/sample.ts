/**
 * @file A part of a gallery's codes, drawn at random and held in this process: a search learns here within which distance n
 * items lie, and needs no statement to learn it.
 *
 * Of n items that are nearest, μ = n · sample / all are expected in the sample, and hardly ever more than μ + 3√μ + 2: the
 * distance of the sample's nearest of that number is taken. It can be too small, the more so when items were removed or
 * moved since; who finds fewer than n within it says so, and asks the database.
 */
import type { CodebookFile } from '@dqn/format';
import { createIndex, type PqIndex } from '@dqn/pq';
import type { ItemReads } from './lookup.ts';
import { againAt, READ_ALL_MS } from './pace.ts';
import { codeColumns } from './schema.ts';

/** What is sampled. */
export interface SampledPlace extends ItemReads {
  readonly codebook: CodebookFile;
  /** Bytes of codes that are held; their index takes about three times as much. */
  readonly bytes?: number | undefined;
}

const BYTES = 2 ** 22;
/** A gallery that has grown so many times has its bound too far out. */
const GROWN = 2;
/** A sample of which more than this share of the bounds was too small is old. */
const MISSES = 0.01;
const FEW_MISSES = 3;

/** A sample that is read when it is first of use, and again when it isn't any more. */
export class Sample {
  readonly #place: SampledPlace;
  readonly #stop = new AbortController();
  #index: PqIndex | undefined;
  /** Items that there were. */
  #of = 0;
  #asked = 0;
  /** Limits that were given, and that were too small. */
  #given = 0;
  #missed = 0;
  #reading: Promise<void> | undefined;
  #againAt = 0;

  constructor(place: SampledPlace) {
    this.#place = place;
  }

  /**
   * A distance within which n items lie, most probably; undefined where none is known.
   *
   * @param table [M, K], see `lookupTable`
   * @param count items that there are, about
   */
  limit(table: Float32Array, n: number, count: number): number | undefined {
    this.#readIfDue(count);
    if (this.#index === undefined) return undefined;
    // More than n of a sample that holds everything: states that are old stand in it, too, until parts are merged.
    const expected = (n * this.#index.count) / this.#of;
    const k = Math.ceil(expected + 3 * Math.sqrt(expected) + 2);
    if (k > this.#index.count) return undefined;
    this.#given++;
    return this.#index.search({ table }, { k }).distances[k - 1];
  }

  /** Of the codes that are held. */
  get bytes(): number {
    return (this.#index?.count ?? 0) * this.#place.M;
  }

  /** Fewer than n lay within the limit. */
  missed(): void {
    this.#missed++;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#index?.close();
    this.#index = undefined;
  }

  /** Who asks once is done before a sample is there. */
  #readIfDue(count: number): void {
    const isOld = this.#missed > FEW_MISSES + MISSES * this.#given || count > GROWN * this.#of;
    const isDue = this.#index === undefined ? ++this.#asked > 1 : isOld;
    if (
      !isDue ||
      count === 0 ||
      this.#reading !== undefined ||
      this.#stop.signal.aborted ||
      performance.now() < this.#againAt
    )
      return;
    const began = performance.now();
    this.#reading = this.#read(count)
      // Without it, or with an old one, searches are right, too.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        this.#againAt = againAt(began);
      });
  }

  async #read(count: number): Promise<void> {
    const { engine, all, M, codebook, bytes = BYTES } = this.#place;
    const { signal } = this.#stop;
    // What is counted now and then may be far from what is there by now.
    const [{ rows }] = await engine.query<{ rows: string }>(`SELECT count() AS rows FROM ${all.items}`, { signal });
    const every = Math.max(1, Math.ceil((Number(rows) * M) / bytes));
    const code = codeColumns(M).map((name) => `hex(${name})`);
    const [{ codes }] = await engine.query<{ codes: string }>(
      `SELECT arrayStringConcat(groupArray(concat('', ${code}))) AS codes FROM ${all.items} ` +
        `WHERE deleted = 0 AND rand() % ${every} = 0`,
      { signal, timeout: READ_ALL_MS },
    );
    const index = await createIndex({ codebook, codes: new Uint8Array(Buffer.from(codes, 'hex')), signal });
    this.#index?.close();
    this.#index = index;
    this.#of = count;
    this.#given = 0;
    this.#missed = 0;
  }
}
