/** @file Pictures shown to a trunk: decoding, the look into the cache, and what is computed on its way to both. */

import { DataError, type Picture } from '@dqn/data';
import { TrainError } from '../errors.ts';
import type { FeatureCache } from './cache.ts';
import type { LeftOut, TrunkOptions } from './features.ts';
import type { TrunkPool } from './pool.ts';
import { TRUNK_BATCH } from './protocol.ts';
import { pictureDigest, type View, viewCount, viewKey, viewsOf } from './views.ts';

/** Pictures decoded at a time. */
const READERS = 8;

/** Views computed between two writes. */
const BLOCK_VIEWS = 256;

interface Wanted {
  readonly key: string;
  readonly picture: Picture;
  readonly view: View;
}

/** One pass over the pictures: what is in the cache is read, the rest is shown to the trunk, put in place and kept. */
export class Show {
  readonly leftOut: LeftOut[] = [];
  cached = 0;
  computed = 0;
  readonly #o: TrunkOptions;
  readonly #width: number;
  readonly #views: number;
  readonly #cache: FeatureCache | undefined;
  readonly #openPool: () => Promise<TrunkPool>;
  /** By place in `rows`: the keys of its views; undefined where it can't be read. */
  readonly #keys: (string[] | undefined)[] = [];
  /** [views, rows, width] */
  readonly #values: Float32Array;
  /** Where a key's features belong. */
  readonly #places = new Map<string, number[]>();
  readonly #asked = new Set<string>();
  readonly #made = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #error: unknown;
  #hits = 0;
  #pending: Wanted[] = [];
  #block: { keys: string[]; parts: Float32Array[] } = { keys: [], parts: [] };
  #writing: Promise<void> = Promise.resolve();

  constructor(o: TrunkOptions, width: number, cache: FeatureCache | undefined, openPool: () => Promise<TrunkPool>) {
    this.#o = o;
    this.#width = width;
    this.#views = viewCount(o.views);
    this.#cache = cache;
    this.#openPool = openPool;
    this.#values = new Float32Array(this.#views * o.rows.length * width);
  }

  async run(): Promise<void> {
    const all = Array.from({ length: this.#o.rows.length }, (_, at) => at);
    await this.#show(all);
    const hits = new Map([...this.#places].filter(([key]) => !this.#asked.has(key)));
    this.cached = sum(hits);
    const lost = hits.size > 0 ? new Set(await this.#cache!.read(hits, this.#values)) : new Set<string>();
    if (lost.size > 0) {
      // Altered on disk: computed like what was never there.
      this.cached -= sum(new Map([...hits].filter(([key]) => lost.has(key))));
      await this.#show(all.filter((at) => this.#keys[at]?.some((key) => lost.has(key))));
    }
    this.#progress();
  }

  result(): { rows: Uint32Array; keys: string[][]; values: Float32Array } {
    const { rows } = this.#o;
    const kept = Array.from({ length: rows.length }, (_, at) => at).filter((at) => this.#keys[at]);
    if (kept.length === 0) {
      const why = this.leftOut.length > 0 ? `; the first: ${this.leftOut[0].error.message}` : '';
      throw new TrainError('TOO_FEW_IMAGES', `Not one of ${rows.length} pictures can be read${why}.`);
    }
    const width = this.#width;
    let values = this.#values;
    if (kept.length < rows.length) {
      values = new Float32Array(this.#views * kept.length * width);
      for (let view = 0; view < this.#views; view++) {
        kept.forEach((at, to) => {
          const from = (view * rows.length + at) * width;
          values.set(this.#values.subarray(from, from + width), (view * kept.length + to) * width);
        });
      }
    }
    return { rows: Uint32Array.from(kept, (at) => rows[at]), keys: kept.map((at) => this.#keys[at]!), values };
  }

  /** Decodes pictures and has the trunk shown what isn't in the cache. */
  async #show(places: readonly number[]): Promise<void> {
    let next = 0;
    let stopped = false;
    const reader = async (): Promise<void> => {
      while (next < places.length && !stopped) {
        const at = places[next++];
        checkStopped(this.#o.signal);
        await this.#picture(at);
      }
    };
    try {
      await Promise.all(
        Array.from({ length: READERS }, () =>
          reader().catch((error: unknown) => {
            stopped = true;
            throw error;
          }),
        ),
      );
      await this.#send();
    } finally {
      // What is computed is kept, also when it ends here.
      await Promise.allSettled(this.#running);
      await this.#flush();
    }
    if (this.#error) throw this.#error;
  }

  async #picture(at: number): Promise<void> {
    const row = this.#o.rows[at];
    let picture: Picture;
    try {
      picture = await this.#o.read(row, this.#o.signal);
    } catch (error) {
      checkStopped(this.#o.signal);
      if (this.#o.strict || !isUnreadable(error)) throw error;
      this.leftOut.push({ row, error });
      return;
    }
    const digest = pictureDigest(picture);
    const views = viewsOf(picture, digest, this.#o.views);
    const keys = views.map((view) => viewKey(digest, view));
    const again = this.#keys[at] !== undefined;
    this.#keys[at] = keys;
    for (const [v, key] of keys.entries()) {
      const place = v * this.#o.rows.length + at;
      if (!again) this.#addPlace(key, place);
      if (this.#asked.has(key)) continue;
      if (this.#cache?.has(key)) {
        this.#hits++;
        continue;
      }
      this.#asked.add(key);
      this.#pending.push({ key, picture, view: views[v] });
      if (this.#pending.length >= TRUNK_BATCH) await this.#send();
    }
  }

  /** Two pictures may be the same: then one of them is shown, and both get its features. */
  #addPlace(key: string, place: number): void {
    const others = this.#places.get(key);
    if (!others) {
      this.#places.set(key, [place]);
      return;
    }
    const width = this.#width;
    if (this.#made.has(key)) this.#values.copyWithin(place * width, others[0] * width, (others[0] + 1) * width);
    others.push(place);
  }

  /** Gives the pending views to a worker; waits until one has room. */
  async #send(): Promise<void> {
    const views = this.#pending.splice(0, TRUNK_BATCH);
    if (views.length === 0) return;
    const pool = await this.#openPool();
    const { features } = await pool.ask(views.map(({ picture, view }) => ({ picture, view })));
    const running = features
      .then((made) => this.#take(views, made as Float32Array))
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#error) throw this.#error;
  }

  async #take(views: readonly Wanted[], features: Float32Array): Promise<void> {
    const width = this.#width;
    const bad = features.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new TrainError(
        'NOT_FINITE',
        `The trunk gives ${features[bad]} for a picture; its weights may be broken. Take another backbone.`,
      );
    }
    views.forEach(({ key }, i) => {
      const values = features.subarray(i * width, (i + 1) * width);
      for (const place of this.#places.get(key)!) this.#values.set(values, place * width);
      this.#made.add(key);
      this.#block.keys.push(key);
      this.#block.parts.push(values);
    });
    this.computed += views.length;
    this.#progress();
    if (this.#block.keys.length >= BLOCK_VIEWS) await this.#flush();
  }

  /** Puts what was computed into the cache. */
  async #flush(): Promise<void> {
    const { keys, parts } = this.#block;
    this.#block = { keys: [], parts: [] };
    if (keys.length > 0 && this.#cache) {
      const width = this.#width;
      const features = new Float32Array(keys.length * width);
      parts.forEach((values, i) => {
        features.set(values, i * width);
      });
      this.#writing = this.#writing.then(() => this.#cache!.append(keys, features));
    }
    await this.#writing;
  }

  #progress(): void {
    this.#o.onProgress?.(this.#hits + this.computed, this.#views * this.#o.rows.length);
  }
}

function sum(places: ReadonlyMap<string, readonly number[]>): number {
  let count = 0;
  for (const rows of places.values()) count += rows.length;
  return count;
}

function isUnreadable(error: unknown): error is DataError {
  return error instanceof DataError && (error.code === 'UNREADABLE_PICTURE' || error.code === 'PICTURE_TOO_LARGE');
}

/** Throws `ABORTED` when the signal was raised. */
function checkStopped(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new TrainError(
    'ABORTED',
    'Stopped. What the frozen part of the network gave so far is cached: the same command goes on from there.',
    { cause: signal.reason },
  );
}
