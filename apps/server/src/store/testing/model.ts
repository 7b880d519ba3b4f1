/** @file What a store has to answer, in the plainest way: a map, and a scan of it. */
import { type Distance, distances, lookupTable } from '@dqn/pq';
import { expect } from 'vitest';
import type { FoundItem, GalleryStore, ItemFilter, ItemId, StoredItem, StoreHit } from '../store.ts';
import type { Book } from './books.ts';

/** The right answers. */
export class Model {
  readonly items = new Map<ItemId, StoredItem>();
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  /** As `put` of a store. */
  put(items: readonly StoredItem[]): boolean[] {
    return items.map((item) => {
      const isNew = !this.items.has(item.id);
      this.items.set(item.id, item);
      return isNew;
    });
  }

  /** As `remove` of a store. */
  remove(ids: readonly ItemId[]): boolean[] {
    return ids.map((id) => this.items.delete(id));
  }

  /** What `get` gives. */
  get(id: ItemId): FoundItem | undefined {
    const item = this.items.get(id);
    if (item === undefined) return undefined;
    const { thumbnail: _, metadata, ...rest } = item;
    return { ...rest, labels: item.labels ?? [], ...(metadata && { metadata }) };
  }

  /** Items that pass a filter, with their distances, ascending. */
  ranked(query: Float32Array, o: { distance?: Distance | undefined; filter?: ItemFilter | undefined } = {}) {
    const { codebook } = this.#book;
    const { M, K, distance } = codebook;
    const table = lookupTable(codebook, query, o.distance ?? distance);
    return [...this.items.values()]
      .filter((item) => passes(item, o.filter ?? {}))
      .map((item) => ({ id: item.id, distance: distances(item.code, table, { M, K })[0] }))
      .sort((a, b) => a.distance - b.distance);
  }

  /** Of equally near items any may come first; all else has to be as it is here. */
  expectHits(
    hits: readonly StoreHit[],
    query: Float32Array,
    o: { k?: number; offset?: number; distance?: Distance; filter?: ItemFilter; metadata?: boolean } = {},
  ): void {
    const { k = 10, offset = 0 } = o;
    const ranked = this.ranked(query, o);
    const byId = new Map(ranked.map(({ id, distance }) => [id, distance]));
    expect(hits.map(({ distance }) => distance)).toEqual(ranked.slice(offset, offset + k).map((one) => one.distance));
    expect(hits.map(({ id }) => byId.get(id))).toEqual(hits.map(({ distance }) => distance));
    expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
    for (const { id, labels, metadata } of hits) {
      const item = this.items.get(id)!;
      expect(labels).toEqual(item.labels ?? []);
      expect(metadata).toEqual(o.metadata ? item.metadata : undefined);
    }
  }

  /** Everything that a store can be asked of its items. */
  async expectSame(store: GalleryStore, gone: Iterable<ItemId> = []): Promise<void> {
    expect(store.count).toBe(this.items.size);
    for (const [id, item] of this.items) {
      expect(await store.get(id)).toEqual(this.get(id));
      expect(await store.thumbnail(id)).toEqual(item.thumbnail);
    }
    for (const id of gone) {
      if (this.items.has(id)) continue;
      expect(await store.has(id)).toBe(false);
      expect(await store.get(id)).toBeUndefined();
      expect(await store.thumbnail(id)).toBeUndefined();
    }
  }
}

function passes({ id, labels = [], metadata = {} }: StoredItem, filter: ItemFilter): boolean {
  if (filter.ids !== undefined && !filter.ids.includes(id)) return false;
  if (filter.labels !== undefined && !filter.labels.some((label) => labels.includes(label))) return false;
  return Object.entries(filter.metadata ?? {}).every(([name, condition]) => {
    if (!Object.hasOwn(metadata, name)) return false;
    const member = metadata[name];
    return (Array.isArray(member) ? member : [member]).some((value) => {
      if (Array.isArray(condition)) return condition.includes(value as string);
      if (typeof condition !== 'object' || condition === null) return value === condition;
      return Object.entries(condition).every(([bound, than]) => {
        if (than === undefined) return true;
        if (typeof value !== typeof than) return false;
        const one = value as number;
        if (bound === 'gt') return one > (than as number);
        if (bound === 'gte') return one >= (than as number);
        return bound === 'lt' ? one < (than as number) : one <= (than as number);
      });
    });
  });
}
