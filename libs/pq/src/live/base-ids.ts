/** @file Which ids a base holds, and where. Known for nothing where ids are 0 … N − 1; else built when first asked. */
import type { Structure } from '../search/structure.ts';
import { NO_ITEM } from '../search/structure.ts';
import { IdSet, wordsFor } from './id-set.ts';

/** The ids of a structure. */
export class BaseIds {
  readonly #structure: Structure;
  /** Ids are unique: as many as the largest says are all of them. */
  readonly #dense: boolean;
  #set: IdSet | undefined;
  /** [N]: the place of the id of each rank. */
  #places: Uint32Array | undefined;

  constructor(structure: Structure) {
    this.#structure = structure;
    this.#dense = structure.maxId === structure.count - 1;
  }

  /** Bytes that were needed so far: up to 4 an item and a bit for each id up to the largest. */
  get bytes(): number {
    return (this.#set?.bytes ?? 0) + (this.#places?.byteLength ?? 0);
  }

  has(id: number): boolean {
    return this.#dense ? id < this.#structure.count : this.#ranked().has(id);
  }

  hasAll(ids: Uint32Array): boolean {
    const { count } = this.#structure;
    return ids.every((id) => (this.#dense ? id < count : this.#ranked().has(id)));
  }

  /** The places of storage of ids that are there. */
  placesOf(ids: Uint32Array): Uint32Array {
    const all = this.#structure.placeIds();
    if (all === undefined) return ids;
    this.#places ??= this.#invert(all);
    const places = this.#places;
    const set = this.#dense ? undefined : this.#ranked();
    return ids.map((id) => places[set === undefined ? id : set.rank(id)]);
  }

  #ranked(): IdSet {
    if (this.#set === undefined) {
      const { count, maxId } = this.#structure;
      const bits = new Uint32Array(wordsFor(maxId));
      const ids = this.#structure.placeIds();
      if (ids === undefined) for (let id = 0; id < count; id++) bits[id >>> 5] |= 1 << (id & 31);
      else for (const id of ids) if (id !== NO_ITEM) bits[id >>> 5] |= 1 << (id & 31);
      this.#set = new IdSet(bits);
    }
    return this.#set;
  }

  #invert(ids: Uint32Array<ArrayBufferLike>): Uint32Array {
    const places = new Uint32Array(this.#structure.count);
    const set = this.#dense ? undefined : this.#ranked();
    for (let place = 0; place < ids.length; place++) {
      const id = ids[place];
      if (id !== NO_ITEM) places[set === undefined ? id : set.rank(id)] = place;
    }
    return places;
  }
}
