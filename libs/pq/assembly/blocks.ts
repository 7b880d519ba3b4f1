/** @file Scans a run of items: sixteen at a time by a lower bound in bytes (query.ts), exactly where that isn't enough. */
import { limit, offer } from './nearby';
import { cost0, entry, index, least, scratch, slack, startOf, tighten } from './query';
import * as D from './layout';

/** So few items are done one by one before the bound is set up. */
const FEW: u32 = 6;

let exactly: u32 = 0;
/** The bits of axis 1's rank that the cell in hand says, in their place. */
let lowFrom: u32 = 0;

/** Items whose exact distance was computed in the search in hand. */
export function itemsExact(): u32 {
  return exactly;
}

/** Another search begins. */
export function countAnew(): void {
  exactly = 0;
}

/** What the planes of an item cost, added in their order: the distance but for rounding and the axes. */
// @ts-ignore: decorator
@inline
function planesCost(item: usize, tables: usize, P: u32, low1: u32): f64 {
  let sum: f64 = 0;
  let at = item;
  let table = tables;
  if (low1 > 0) {
    sum = load<f64>(table + (((<u32>load<u8>(at)) | lowFrom) << 3));
    at += 16;
    table += 2048;
  }
  for (let p: u32 = low1 > 0 ? 1 : 0; p < P; p++) {
    sum += load<f64>(table + ((<u32>load<u8>(at)) << 3));
    at += 16;
    table += 2048;
  }
  return sum;
}

/** The exact distance of the item at a position, added in the order of subspaces. */
function exact(item: usize, M: u32, c0: u32, c1: u32): f64 {
  let sum: f64 = 0;
  for (let m: u32 = 0; m < M; m++) {
    const p = D.planeOf(index, m);
    let byte: u32;
    if (p == D.ON_AXIS_0) byte = c0;
    else if (p == D.ON_AXIS_1) byte = c1;
    else {
      byte = load<u8>(item + ((<usize>p) << 4));
      if (m == D.axis1(index)) byte |= lowFrom;
    }
    sum += entry(m, byte);
  }
  return sum;
}

/** Offers the ids of the code at a position. */
// @ts-ignore: decorator
@inline
function offerAll(distance: f64, position: u32): void {
  const ids = D.ids(index);
  const postings = D.postings(index);
  if (postings != 0) {
    const end = load<u32>(postings + ((<usize>position) << 2), 4);
    // Ascending: behind one that was too far by its id stand only such.
    for (let i = load<u32>(postings + ((<usize>position) << 2)); i < end; i++) {
      if (!offer(distance, load<u32>(ids + ((<usize>i) << 2)))) return;
    }
  } else {
    offer(distance, ids == 0 ? position : load<u32>(ids + ((<usize>position) << 2)));
  }
}

/** Offers what can come in of the items from `start` to `end`, which lie in the cell (c0, c1). */
export function scan(start: u32, end: u32, c0: u32, c1: u32): void {
  const M = D.subspaces(index);
  const P = D.planes(index);
  const codes = D.codes(index);
  const stride: usize = (<usize>P) << 4;
  const low1 = D.lowBits1(index);
  const axis1 = D.axis1(index);
  lowFrom = c1 << low1;
  let position = start;
  // Without a limit there is nothing to bound against: exactly, up to the next group at which there is one.
  while (position < end && (limit == Infinity || P == 0)) {
    const stop = min(end, (position | 15) + 1);
    const group = codes + (<usize>(position >>> 4)) * stride;
    exactly += stop - position;
    for (; position < stop; position++) offerAll(exact(group + (position & 15), M, c0, c1), position);
  }
  if (position >= end) return;

  tighten();
  let fixed: f64 = 0;
  let base = least;
  if (D.axis0(index) != D.NONE) {
    fixed = cost0(c0);
    base += fixed - D.least0(scratch, index);
  }
  if (axis1 != D.NONE && low1 == 0) {
    const cost = entry(axis1, c1);
    fixed += cost;
    base += cost - D.least1(scratch, index);
  }
  const stored = scratch + D.STORED;
  if (end - position <= FEW) {
    for (; position < end; position++) {
      const item = codes + (<usize>(position >>> 4)) * stride + (position & 15);
      exactly++;
      if (fixed + planesCost(item, stored, P, low1) > limit + slack) continue;
      const distance = exact(item, M, c0, c1);
      if (distance <= limit) offerAll(distance, position);
    }
    return;
  }
  let begin = startOf(base);
  if (begin < 0) return;
  let start16 = i8x16.splat(<i8>begin);
  const full = i8x16.splat(-1);
  const nibbles = low1 > 0 ? v128.load(scratch + D.QUANTIZED1 + (lowFrom & ~15)) : full;
  const nibbleFrom = i8x16.splat(<i8>(lowFrom & 15));
  const tables = scratch + D.QUANTIZED;
  let before = limit;
  let lanes: u32 = 0xffff << (position & 15) & 0xffff;
  const lastGroup = (end - 1) >>> 4;
  let group = codes + (<usize>(position >>> 4)) * stride;
  for (let g = position >>> 4; g <= lastGroup; g++, group += stride) {
    let sum = start16;
    if (low1 > 0) {
      sum = i8x16.add_sat_u(sum, i8x16.swizzle(nibbles, v128.or(v128.load(group), nibbleFrom)));
      if (P > 1) sum = addOthers(sum, group + 16, tables + 32, P - 1);
    } else {
      sum = add(sum, group, tables);
      if (P > 1) {
        // Sorted by the first plane, neighbours are near or far together.
        if (i8x16.all_true(i8x16.eq(sum, full))) {
          lanes = 0xffff;
          continue;
        }
        sum = addOthers(sum, group + 16, tables + 32, P - 1);
      }
    }
    let near = (i8x16.bitmask(i8x16.eq(sum, full)) ^ 0xffff) & lanes;
    lanes = 0xffff;
    if (near == 0) continue;
    if (g == lastGroup) near &= 0xffff >>> (15 - ((end - 1) & 15));
    while (near != 0) {
      const lane = ctz(near);
      near &= near - 1;
      exactly++;
      if (fixed + planesCost(group + lane, stored, P, low1) > limit + slack) continue;
      const distance = exact(group + lane, M, c0, c1);
      if (distance <= limit) offerAll(distance, (g << 4) | lane);
    }
    if (limit < before) {
      before = limit;
      tighten();
      begin = startOf(base);
      if (begin < 0) return;
      start16 = i8x16.splat(<i8>begin);
    }
  }
}

/** Adds what a plane adds to each lane: a look-up in 32 bytes by the low five bits. */
// @ts-ignore: decorator
@inline
function add(sum: v128, plane: usize, table: usize): v128 {
  const c = v128.and(v128.load(plane), i8x16.splat(31));
  return i8x16.add_sat_u(
    sum,
    v128.or(
      i8x16.swizzle(v128.load(table), c),
      i8x16.swizzle(v128.load(table, 16), v128.xor(c, i8x16.splat(16))),
    ),
  );
}

/** Adds some planes, four at a time. */
// @ts-ignore: decorator
@inline
function addOthers(begin: v128, from: usize, tables: usize, count: u32): v128 {
  let sum = begin;
  let plane = from;
  let table = tables;
  let left = count;
  while (left >= 4) {
    sum = add(sum, plane, table);
    sum = add(sum, plane + 16, table + 32);
    sum = add(sum, plane + 32, table + 64);
    sum = add(sum, plane + 48, table + 96);
    plane += 64;
    table += 128;
    left -= 4;
  }
  while (left > 0) {
    sum = add(sum, plane, table);
    plane += 16;
    table += 32;
    left--;
  }
  return sum;
}
