/**
 * @file The two rankings of codewords by ⟨x, c⟩ − ‖c‖²/2, four vectors at a time: fine in float32, coarse in whole
 * numbers. What they are for, and how far they can be trusted, is said in encode.ts.
 */
import { COARSE_ROOM, COARSE_SCALE, HEADER, LOST, MAGIC, SCALE, SQUARES } from './book';

/** Centres and scales a vector into column v of the four at work. */
export function take(book: usize, x: usize, to: usize, d: u32, v: u32): void {
  const scale = load<f64>(book, SCALE);
  let mean = book + HEADER;
  let square: f64 = 0;
  to += (<usize>v) << 2;
  for (let j: u32 = 0; j < d; j++) {
    const value = (<f64>load<f32>(x) - load<f64>(mean)) * scale;
    store<f32>(to, <f32>value);
    square += value * value;
    x += 4;
    mean += 8;
    to += 16;
  }
  store<f64>(book + ((<usize>v) << 3), square, SQUARES);
}

/** Centres, scales and rounds a vector into column v of the four at work, and says whether the ranking has room for it. */
export function takeCoarsely(book: usize, x: usize, to: usize, d: u32, v: u32): bool {
  const scale = f64x2.splat(load<f64>(book, COARSE_SCALE));
  const magic = f64x2.splat(MAGIC);
  let mean = book + HEADER;
  let square = f64x2.splat(0);
  let lost = square;
  let most = square;
  to += (<usize>v) << 2;
  for (let j: u32 = 0; j < d; j += 2) {
    const pair = j + 1 < d ? v128.load64_zero(x) : v128.load32_zero(x);
    const value = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(pair), v128.load(mean)), scale);
    const shifted = f64x2.add(value, magic);
    const rounded = f64x2.sub(shifted, magic);
    const error = f64x2.sub(value, rounded);
    square = f64x2.add(square, f64x2.mul(value, value));
    lost = f64x2.add(lost, f64x2.mul(error, error));
    most = f64x2.pmax(most, f64x2.abs(rounded));
    v128.store32_lane(to, v128.shuffle<u16>(shifted, shifted, 0, 4, 0, 4, 0, 4, 0, 4), 0);
    x += 8;
    mean += 16;
    to += 16;
  }
  const squares = f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1);
  const losses = f64x2.extract_lane(lost, 0) + f64x2.extract_lane(lost, 1);
  store<f64>(book + ((<usize>v) << 3), squares, SQUARES);
  store<f64>(book + ((<usize>v) << 3), losses, LOST);
  return (
    Math.max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)) <= 32767 &&
    Math.sqrt(squares) + Math.sqrt(losses) <= load<f64>(book, COARSE_ROOM)
  );
}

/** The coarse scores of four vectors against all codewords: as `score`, two dimensions at a time. */
export function scoreCoarsely(starts: usize, blocks: usize, vectors: usize, scores: usize, count: u32, pairs: u32): void {
  const end = scores + ((<usize>count) << 7);
  let c = blocks;
  while (scores < end) {
    let a0 = v128.load(starts);
    let b0 = v128.load(starts, 16);
    let a1 = a0;
    let b1 = b0;
    let a2 = a0;
    let b2 = b0;
    let a3 = a0;
    let b3 = b0;
    let x = vectors;
    let rest = pairs;
    while (rest >= 2) {
      let p = v128.load(c);
      let q = v128.load(c, 16);
      let v = v128.load32_splat(x);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(p, v));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 4);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(p, v));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 8);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(p, v));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 12);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(p, v));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(q, v));
      p = v128.load(c, 32);
      q = v128.load(c, 48);
      v = v128.load32_splat(x, 16);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(p, v));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 20);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(p, v));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 24);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(p, v));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 28);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(p, v));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(q, v));
      c += 64;
      x += 32;
      rest -= 2;
    }
    if (rest != 0) {
      const p = v128.load(c);
      const q = v128.load(c, 16);
      let v = v128.load32_splat(x);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(p, v));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 4);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(p, v));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 8);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(p, v));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(q, v));
      v = v128.load32_splat(x, 12);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(p, v));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(q, v));
      c += 32;
    }
    v128.store(scores, a0);
    v128.store(scores, b0, 16);
    v128.store(scores, a1, 32);
    v128.store(scores, b1, 48);
    v128.store(scores, a2, 64);
    v128.store(scores, b2, 80);
    v128.store(scores, a3, 96);
    v128.store(scores, b3, 112);
    starts += 32;
    scores += 128;
  }
}

/** The scores of four vectors against all codewords. */
export function score(starts: usize, blocks: usize, vectors: usize, scores: usize, count: u32, d: u32): void {
  const end = scores + ((<usize>count) << 7);
  let c = blocks;
  while (scores < end) {
    let a0 = v128.load(starts);
    let b0 = v128.load(starts, 16);
    let a1 = a0;
    let b1 = b0;
    let a2 = a0;
    let b2 = b0;
    let a3 = a0;
    let b3 = b0;
    let x = vectors;
    let rest = d;
    while (rest >= 2) {
      let p = v128.load(c);
      let q = v128.load(c, 16);
      let v = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(p, v));
      b0 = f32x4.add(b0, f32x4.mul(q, v));
      v = v128.load32_splat(x, 4);
      a1 = f32x4.add(a1, f32x4.mul(p, v));
      b1 = f32x4.add(b1, f32x4.mul(q, v));
      v = v128.load32_splat(x, 8);
      a2 = f32x4.add(a2, f32x4.mul(p, v));
      b2 = f32x4.add(b2, f32x4.mul(q, v));
      v = v128.load32_splat(x, 12);
      a3 = f32x4.add(a3, f32x4.mul(p, v));
      b3 = f32x4.add(b3, f32x4.mul(q, v));
      p = v128.load(c, 32);
      q = v128.load(c, 48);
      v = v128.load32_splat(x, 16);
      a0 = f32x4.add(a0, f32x4.mul(p, v));
      b0 = f32x4.add(b0, f32x4.mul(q, v));
      v = v128.load32_splat(x, 20);
      a1 = f32x4.add(a1, f32x4.mul(p, v));
      b1 = f32x4.add(b1, f32x4.mul(q, v));
      v = v128.load32_splat(x, 24);
      a2 = f32x4.add(a2, f32x4.mul(p, v));
      b2 = f32x4.add(b2, f32x4.mul(q, v));
      v = v128.load32_splat(x, 28);
      a3 = f32x4.add(a3, f32x4.mul(p, v));
      b3 = f32x4.add(b3, f32x4.mul(q, v));
      c += 64;
      x += 32;
      rest -= 2;
    }
    if (rest != 0) {
      const p = v128.load(c);
      const q = v128.load(c, 16);
      let v = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(p, v));
      b0 = f32x4.add(b0, f32x4.mul(q, v));
      v = v128.load32_splat(x, 4);
      a1 = f32x4.add(a1, f32x4.mul(p, v));
      b1 = f32x4.add(b1, f32x4.mul(q, v));
      v = v128.load32_splat(x, 8);
      a2 = f32x4.add(a2, f32x4.mul(p, v));
      b2 = f32x4.add(b2, f32x4.mul(q, v));
      v = v128.load32_splat(x, 12);
      a3 = f32x4.add(a3, f32x4.mul(p, v));
      b3 = f32x4.add(b3, f32x4.mul(q, v));
      c += 32;
    }
    v128.store(scores, a0);
    v128.store(scores, b0, 16);
    v128.store(scores, a1, 32);
    v128.store(scores, b1, 48);
    v128.store(scores, a2, 64);
    v128.store(scores, b2, 80);
    v128.store(scores, a3, 96);
    v128.store(scores, b3, 112);
    starts += 32;
    scores += 128;
  }
}

/** Of the last `pick`: the best score, and the best but one. */
export let bestScore: f64 = 0;
export let secondScore: f64 = 0;
let bestPlace: u32 = 0;

/** One lane's best, where it stands, and its best but one. */
// @ts-ignore: decorator
@inline
function join(best: f64, second: f64, place: u32): void {
  if (best > bestScore) {
    secondScore = Math.max(bestScore, second);
    bestScore = best;
    bestPlace = place;
  } else if (best > secondScore) secondScore = best;
}

/** The codeword with the best of a vector's scores. */
export function pick(scores: usize, count: u32): u32 {
  let best = f32x4.splat(-Infinity);
  let second = best;
  let index = i32x4.splat(0);
  let counter = index;
  const one = i32x4.splat(1);
  for (let at = scores, end = scores + ((<usize>count) << 7); at < end; at += 128) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const better = f32x4.pmax(a, b);
    // The counter only grows: the last improvement is the largest.
    index = i32x4.max_u(index, v128.and(f32x4.gt(better, best), counter));
    second = f32x4.pmax(f32x4.pmax(second, f32x4.pmin(a, b)), f32x4.pmin(best, better));
    best = f32x4.pmax(best, better);
    counter = i32x4.add(counter, one);
  }
  bestScore = f32x4.extract_lane(best, 0);
  secondScore = f32x4.extract_lane(second, 0);
  bestPlace = i32x4.extract_lane(index, 0) << 3;
  join(f32x4.extract_lane(best, 1), f32x4.extract_lane(second, 1), (i32x4.extract_lane(index, 1) << 3) + 1);
  join(f32x4.extract_lane(best, 2), f32x4.extract_lane(second, 2), (i32x4.extract_lane(index, 2) << 3) + 2);
  join(f32x4.extract_lane(best, 3), f32x4.extract_lane(second, 3), (i32x4.extract_lane(index, 3) << 3) + 3);
  const first = scores + ((<usize>(bestPlace >>> 3)) << 7) + ((<usize>(bestPlace & 7)) << 2);
  return <f64>load<f32>(first) == bestScore ? bestPlace : bestPlace + 4;
}

/** `pick` of coarse scores. */
export function pickCoarsely(scores: usize, count: u32): u32 {
  let best = i32x4.splat(i32.MIN_VALUE);
  let second = best;
  let index = i32x4.splat(0);
  let counter = index;
  const one = i32x4.splat(1);
  for (let at = scores, end = scores + ((<usize>count) << 7); at < end; at += 128) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const better = i32x4.max_s(a, b);
    index = i32x4.max_u(index, v128.and(i32x4.gt_s(better, best), counter));
    second = i32x4.max_s(i32x4.max_s(second, i32x4.min_s(a, b)), i32x4.min_s(best, better));
    best = i32x4.max_s(best, better);
    counter = i32x4.add(counter, one);
  }
  bestScore = i32x4.extract_lane(best, 0);
  secondScore = i32x4.extract_lane(second, 0);
  bestPlace = i32x4.extract_lane(index, 0) << 3;
  join(i32x4.extract_lane(best, 1), i32x4.extract_lane(second, 1), (i32x4.extract_lane(index, 1) << 3) + 1);
  join(i32x4.extract_lane(best, 2), i32x4.extract_lane(second, 2), (i32x4.extract_lane(index, 2) << 3) + 2);
  join(i32x4.extract_lane(best, 3), i32x4.extract_lane(second, 3), (i32x4.extract_lane(index, 3) << 3) + 3);
  const first = scores + ((<usize>(bestPlace >>> 3)) << 7) + ((<usize>(bestPlace & 7)) << 2);
  return <f64>load<i32>(first) == bestScore ? bestPlace : bestPlace + 4;
}
