/** @file Ids as callers give them. */
import { PqError } from '../errors.ts';
import { shown } from '../given.ts';
import { NO_ITEM } from '../search/structure.ts';
import { IdMap } from './id-map.ts';
import { wordsFor } from './id-set.ts';

/** Ids: whole numbers from 0 to 2^32 − 2. */
export type Ids = Uint32Array | Iterable<number>;

/** Whether something can be an id. */
export function isId(id: unknown): id is number {
  return typeof id === 'number' && id < NO_ITEM && id >>> 0 === id;
}

/** @throws PqError `BAD_OPTION` for what can't be an id */
export function checkIds(ids: Ids): Uint32Array {
  // A number, a string or nothing would do for `Array.from`, too.
  if (typeof ids !== 'object' || typeof ids?.[Symbol.iterator] !== 'function') {
    throw new PqError('BAD_OPTION', `The ids are ${shown(ids)}; expected a Uint32Array or an iterable of numbers.`);
  }
  const given = ids instanceof Uint32Array ? ids : Array.from(ids);
  const bad = given instanceof Uint32Array ? given.indexOf(NO_ITEM) : given.findIndex((id) => !isId(id));
  if (bad >= 0) {
    throw new PqError(
      'BAD_OPTION',
      `The id at position ${bad} is ${shown(given[bad])}; expected a whole number from 0 to 2^32 − 2.`,
    );
  }
  return given instanceof Uint32Array ? given : Uint32Array.from(given);
}

/** @throws PqError `DUPLICATE_ID` if an id is there twice */
export function checkUnique(ids: Uint32Array): void {
  let ascends = true;
  for (let i = 1; i < ids.length && ascends; i++) ascends = ids[i - 1] < ids[i];
  if (ascends) return;
  const isNew = marker(ids);
  for (let i = 0; i < ids.length; i++) {
    if (!isNew(ids[i])) {
      throw new PqError('DUPLICATE_ID', `Id ${ids[i]} is given twice; the second time at position ${i}.`);
    }
  }
}

/** Tells of each id whether it comes for the first time: by a bitmap where ids lie close, by a map else. */
function marker(ids: Uint32Array): (id: number) => boolean {
  let maxId = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i] > maxId) maxId = ids[i];
  if (maxId > 128 * ids.length) {
    const seen = new IdMap();
    return (id) => seen.set(id, 0);
  }
  const bits = new Uint32Array(wordsFor(maxId));
  return (id) => {
    const before = bits[id >>> 5];
    bits[id >>> 5] |= 1 << (id & 31);
    return bits[id >>> 5] !== before;
  };
}

/** The same ids, each once. */
export function uniqueIds(ids: Uint32Array): Uint32Array {
  if (ids.every((id, i) => i === 0 || id > ids[i - 1])) return ids;
  const isNew = marker(ids);
  return ids.filter((id) => isNew(id));
}
