/**
 * @file The k nearest so far: a binary heap, the farthest on top, at a place that the caller gives.
 *
 * An entry is 16 bytes: f64 distance, u32 id, 4 bytes unused. Entries are ordered by (distance, id).
 */

const ENTRY: usize = 16;

/** Where the heap stands, how many it holds and how many it may hold. */
let heap: usize = 0;
let size: u32 = 0;
let capacity: u32 = 0;
/** What is farther than this can't come in; equal may, by its id. */
export let limit: f64 = Infinity;
/** Bitmaps over ids, 0 where there is none: only ids in `allowed` and none in `dead` come in. */
let allowed: usize = 0;
let dead: usize = 0;
/** Whether everything within `limit` is wanted, however many they are. */
let everything: bool = false;
/** How many were within the limit, kept or not. */
let offered: u32 = 0;

// @ts-ignore: decorator
@inline
function farther(distance: f64, id: u32, place: usize): bool {
  const other = load<f64>(place);
  return distance > other || (distance == other && id > load<u32>(place, 8));
}

// @ts-ignore: decorator
@inline
function write(place: usize, distance: f64, id: u32): void {
  store<f64>(place, distance);
  store<u32>(place, id, 8);
}

// @ts-ignore: decorator
@inline
function move(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
}

// @ts-ignore: decorator
@inline
function has(bitmap: usize, id: u32): bool {
  return ((load<u32>(bitmap + ((id >>> 5) << 2)) >>> (id & 31)) & 1) != 0;
}

/** Starts a search for the k nearest. */
export function begin(at: usize, k: u32, allowedIds: usize, deadIds: usize): void {
  heap = at;
  size = 0;
  capacity = k;
  allowed = allowedIds;
  dead = deadIds;
  everything = false;
  offered = 0;
  limit = k > 0 ? Infinity : -Infinity;
}

/** Starts a search for all within `radius`; where they are more than `room`, `found` says how many. */
export function beginWithin(at: usize, radius: f64, room: u32, allowedIds: usize, deadIds: usize): void {
  begin(at, room, allowedIds, deadIds);
  everything = true;
  limit = radius;
}

/** Which ids are dead from here on: a base has its own, its tail another. */
export function exclude(deadIds: usize): void {
  dead = deadIds;
}

/** Entries in the heap; for a search within a radius all that were within it. */
export function found(): u32 {
  return everything ? offered : size;
}

/** The limit, for callers outside. */
export function currentLimit(): f64 {
  return limit;
}

/**
 * Takes an entry in if it belongs to the nearest.
 *
 * @returns false if it was too far, by its distance or at the same distance by its id
 */
export function offer(distance: f64, id: u32): bool {
  if (!(distance <= limit)) return false;
  if (size == capacity && !everything && !nearerThanTop(distance, id)) return false;
  if (allowed != 0 && !has(allowed, id)) return true;
  if (dead != 0 && has(dead, id)) return true;
  if (everything) {
    if (size < capacity) {
      write(heap + (<usize>size) * ENTRY, distance, id);
      size++;
    }
    offered++;
    return true;
  }
  if (size < capacity) {
    let place = size++;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!farther(distance, id, heap + (<usize>parent) * ENTRY)) break;
      move(heap + (<usize>parent) * ENTRY, heap + (<usize>place) * ENTRY);
      place = parent;
    }
    write(heap + (<usize>place) * ENTRY, distance, id);
  } else {
    sink(distance, id, 0, size);
  }
  if (size == capacity) limit = load<f64>(heap);
  return true;
}

/** Whether an entry comes before the farthest. */
// @ts-ignore: decorator
@inline
function nearerThanTop(distance: f64, id: u32): bool {
  const top = load<f64>(heap);
  return distance < top || (distance == top && id < load<u32>(heap, 8));
}

/** Puts an entry at a place of the first `count` and lets it sink to where it belongs. */
function sink(distance: f64, id: u32, from: u32, count: u32): void {
  let place = from;
  for (;;) {
    let child: u32 = 2 * place + 1;
    if (child >= count) break;
    let at = heap + (<usize>child) * ENTRY;
    if (child + 1 < count && farther(load<f64>(at, ENTRY), load<u32>(at, ENTRY + 8), at)) {
      child++;
      at += ENTRY;
    }
    if (farther(distance, id, at)) break;
    move(at, heap + (<usize>place) * ENTRY);
    place = child;
  }
  write(heap + (<usize>place) * ENTRY, distance, id);
}

/** Sorts what was found, nearest first, and says how many entries there are to read. */
export function finish(): u32 {
  const count = size;
  if (everything) {
    // Heap order first: the entries lie as they came.
    for (let i = count >>> 1; i-- > 0; ) {
      const at = heap + (<usize>i) * ENTRY;
      sink(load<f64>(at), load<u32>(at, 8), i, count);
    }
  }
  for (let last = count; last > 1; last--) {
    const end = heap + (<usize>(last - 1)) * ENTRY;
    const distance = load<f64>(end);
    const id = load<u32>(end, 8);
    move(heap, end);
    sink(distance, id, 0, last - 1);
  }
  return count;
}
