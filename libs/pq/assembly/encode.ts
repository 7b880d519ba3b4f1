/**
 * @file The nearest codewords in one subspace, for many vectors: exactly those of the definition, the smallest
 * Σ_j (x_j − c_j)² in float64 in the order of j, the lowest index where several are equal.
 *
 * Ranked by ⟨x, c⟩ − ‖c‖²/2 in float32, on numbers that are centred (else digits are lost where the mean is large) and
 * scaled by a power of two (else squares leave float32's range): four vectors against eight codewords at a time, so
 * that the 32 sums stay in registers. The scores of all codewords are kept, and where the best leads by less than
 * rounding can do, those within that reach are judged by the definition.
 *
 * A `book` is what one subspace needs, at a place of the caller's (`bookBytes`):
 *
 *     0   u32 K, u32 d, f64 scale, f64 largest ‖c‖ (scaled), f64 of four vectors at work: ‖x‖² (scaled)
 *     64  f64 mean [d]; then, each at a multiple of 16:
 *     f32 −‖c‖²/2 [K8], f32 codewords centred and scaled [K8/8, d, 8], f32 codewords as they are [K, d],
 *     f32 four vectors centred and scaled [d, 4], f32 scores [K8/8, 4, 8]
 *
 * K8 is K rounded up to a multiple of 8; what fills up scores −∞.
 */

const HEADER: usize = 64;
const SCALE: usize = 8;
const LARGEST: usize = 16;
const SQUARES: usize = 24;

/** Half a unit in the last place: of float32, of float64; and an absolute error far above those below the normals. */
const ROUNDING32: f64 = 5.9604644775390625e-8;
const ROUNDING64: f64 = 1.1102230246251565e-16;
const UNDERFLOW: f64 = 7.346839692639297e-40;
/** Scores of vectors longer than this (2^60, where codewords are about 1) could leave float32's range. */
const LONGEST: f64 = 1152921504606846976;

// @ts-ignore: decorator
@inline
function aligned(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

// @ts-ignore: decorator
@inline
function eights(K: u32): u32 {
  return (K + 7) >>> 3;
}

// @ts-ignore: decorator
@inline
function startsOf(book: usize, d: u32): usize {
  return book + HEADER + aligned((<usize>d) << 3);
}

// @ts-ignore: decorator
@inline
function blocksOf(book: usize, K: u32, d: u32): usize {
  return startsOf(book, d) + ((<usize>eights(K)) << 5);
}

// @ts-ignore: decorator
@inline
function originalsOf(book: usize, K: u32, d: u32): usize {
  return blocksOf(book, K, d) + (((<usize>eights(K)) * d) << 5);
}

// @ts-ignore: decorator
@inline
function vectorsOf(book: usize, K: u32, d: u32): usize {
  return originalsOf(book, K, d) + aligned(((<usize>K) * d) << 2);
}

// @ts-ignore: decorator
@inline
function scoresOf(book: usize, K: u32, d: u32): usize {
  return vectorsOf(book, K, d) + ((<usize>d) << 4);
}

/** Bytes of a book. */
export function bookBytes(K: u32, d: u32): usize {
  return scoresOf(0, K, d) + ((<usize>eights(K)) << 7);
}

/** Makes a book of the codewords at `codewords`, f32 [K, d]. */
export function loadBook(book: usize, K: u32, d: u32, codewords: usize): void {
  const mean = book + HEADER;
  const starts = startsOf(book, d);
  const blocks = blocksOf(book, K, d);
  store<u32>(book, K);
  store<u32>(book, d, 4);
  memory.copy(originalsOf(book, K, d), codewords, ((<usize>K) * d) << 2);
  memory.fill(mean, 0, (<usize>d) << 3);
  for (let k: u32 = 0, from = codewords; k < K; k++) {
    for (let j: u32 = 0; j < d; j++, from += 4) {
      const at = mean + ((<usize>j) << 3);
      store<f64>(at, load<f64>(at) + <f64>load<f32>(from));
    }
  }
  for (let j: u32 = 0; j < d; j++) {
    const at = mean + ((<usize>j) << 3);
    store<f64>(at, load<f64>(at) / <f64>K);
  }
  let widest: f64 = 0;
  for (let k: u32 = 0, from = codewords; k < K; k++) {
    for (let j: u32 = 0; j < d; j++, from += 4) {
      const c = Math.abs(<f64>load<f32>(from) - load<f64>(mean + ((<usize>j) << 3)));
      if (c > widest) widest = c;
    }
  }
  // 2^−e for the exponent e of the widest: exact to multiply by. Its bits are 2·bias − those of the exponent.
  const exponent: u64 = (reinterpret<u64>(widest) >>> 52) & 0x7ff;
  const scale = widest > 0 ? reinterpret<f64>((2046 - exponent) << 52) : 1;
  store<f64>(book, scale, SCALE);

  let largest: f64 = 0;
  const filled = eights(K) << 3;
  for (let k: u32 = 0, from = codewords; k < filled; k++) {
    let to = blocks + (((<usize>(k >>> 3)) * d) << 5) + ((<usize>(k & 7)) << 2);
    let norm: f64 = 0;
    for (let j: u32 = 0; j < d; j++, to += 32) {
      let c: f64 = 0;
      if (k < K) {
        c = (<f64>load<f32>(from) - load<f64>(mean + ((<usize>j) << 3))) * scale;
        from += 4;
      }
      store<f32>(to, <f32>c);
      norm += c * c;
    }
    store<f32>(starts + ((<usize>k) << 2), k < K ? <f32>(-0.5 * norm) : -Infinity);
    if (norm > largest) largest = norm;
  }
  store<f64>(book, Math.sqrt(largest), LARGEST);
}

/** Centres and scales a vector into column v of the four at work. */
function take(book: usize, x: usize, to: usize, d: u32, v: u32): void {
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

/** The scores of four vectors against all codewords. */
function score(starts: usize, blocks: usize, vectors: usize, scores: usize, count: u32, d: u32): void {
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

/** Of the last `pick`: the best score but one. */
let secondScore: f32 = 0;
let bestScore: f32 = 0;

/** The codeword with the best of a vector's scores. */
function pick(scores: usize, count: u32): u32 {
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
  let top = f32x4.extract_lane(best, 0);
  let next = f32x4.extract_lane(second, 0);
  let block = i32x4.extract_lane(index, 0);
  let lane: u32 = 0;
  let value = f32x4.extract_lane(best, 1);
  if (value > top) {
    next = top;
    top = value;
    block = i32x4.extract_lane(index, 1);
    lane = 1;
  } else if (value > next) next = value;
  value = f32x4.extract_lane(second, 1);
  if (value > next) next = value;
  value = f32x4.extract_lane(best, 2);
  if (value > top) {
    next = top;
    top = value;
    block = i32x4.extract_lane(index, 2);
    lane = 2;
  } else if (value > next) next = value;
  value = f32x4.extract_lane(second, 2);
  if (value > next) next = value;
  value = f32x4.extract_lane(best, 3);
  if (value > top) {
    next = top;
    top = value;
    block = i32x4.extract_lane(index, 3);
    lane = 3;
  } else if (value > next) next = value;
  value = f32x4.extract_lane(second, 3);
  if (value > next) next = value;
  bestScore = top;
  secondScore = next;
  const k = (block << 3) + lane;
  return load<f32>(scores + ((<usize>block) << 7) + ((<usize>lane) << 2)) == top ? k : k + 4;
}

/** By the definition, of the codewords that score `least` or more (all, where scores are no numbers). */
function judge(originals: usize, scores: usize, x: usize, K: u32, d: u32, least: f64): u32 {
  let best: f64 = Infinity;
  let index: u32 = 0;
  for (let k: u32 = 0; k < K; k++) {
    const reached = <f64>load<f32>(scores + ((<usize>(k >>> 3)) << 7) + ((<usize>(k & 7)) << 2));
    if (reached < least) continue;
    let sum: f64 = 0;
    let c = originals + (((<usize>k) * d) << 2);
    for (let from = x, end = x + ((<usize>d) << 2); from < end; from += 4, c += 4) {
      const difference = <f64>load<f32>(from) - <f64>load<f32>(c);
      sum += difference * difference;
    }
    if (sum < best) {
      best = sum;
      index = k;
    }
  }
  return index;
}

/**
 * The nearest codewords of many vectors.
 *
 * How far two scores may be wrong against each other (u = 2^−24, all scaled, ‖c‖ the largest): each of x and c is
 * rounded once, each product and each of the d + 1 additions once, so that a score is wrong by at most
 * (d + 4)·u·(‖c‖²/2 + ‖x‖‖c‖) to first order; the definition's own sum by (d + 4)·2^−53·(‖x‖² + ‖c‖²); both twice, and
 * a little for the second order and what lies below float32's normal numbers.
 *
 * @param x the vectors, f32 [d] each, `stride` bytes from one to the next
 * @param codes where the answers go, u8, `step` bytes from one to the next
 * @param others where f64 [count] go that are not above the squared distance to any other codeword; 0: nowhere
 * @returns how many the definition had to judge
 */
export function nearest(
  book: usize,
  x: usize,
  stride: u32,
  count: u32,
  codes: usize,
  step: u32,
  others: usize,
): u32 {
  const K = load<u32>(book);
  const d = load<u32>(book, 4);
  const scale = load<f64>(book, SCALE);
  const largest = load<f64>(book, LARGEST);
  const starts = startsOf(book, d);
  const blocks = blocksOf(book, K, d);
  const originals = originalsOf(book, K, d);
  const vectors = vectorsOf(book, K, d);
  const scores = scoresOf(book, K, d);
  const unscale = 1 / scale;
  const roundings = 2.2 * <f64>(d + 4);
  let judged: u32 = 0;
  for (let n: u32 = 0; n < count; n += 4) {
    const four: u32 = min<u32>(4, count - n);
    for (let v: u32 = 0; v < four; v++) {
      take(book, x + (<usize>(n + v)) * stride, vectors, d, v);
    }
    score(starts, blocks, vectors, scores, eights(K), d);
    for (let v: u32 = 0; v < four; v++) {
      const own = scores + ((<usize>v) << 5);
      let index = pick(own, eights(K));
      const square = load<f64>(book + ((<usize>v) << 3), SQUARES);
      const length = Math.sqrt(square);
      const slack =
        roundings *
        (ROUNDING32 * largest * (0.5 * largest + length) +
          ROUNDING64 * (square + largest * largest) +
          UNDERFLOW * (1 + length));
      const countable = length < LONGEST;
      if (!(countable && <f64>bestScore - <f64>secondScore > slack)) {
        const least = countable ? <f64>bestScore - slack : -Infinity;
        index = judge(originals, own, x + (<usize>(n + v)) * stride, K, d, least);
        judged++;
      }
      store<u8>(codes + (<usize>(n + v)) * step, index);
      if (others != 0) {
        // Where the definition chose another than the best score, the best is within the slack of the second.
        const bound = countable ? square - 2 * (<f64>secondScore + 2 * slack) : 0;
        store<f64>(others + ((<usize>(n + v)) << 3), bound > 0 ? bound * unscale * unscale : 0);
      }
    }
  }
  return judged;
}

/**
 * One draw of k-means++: lowers the squared distance of each vector to the nearest codeword so far by a new codeword.
 *
 * @param x f32 [⌈N/8⌉, d, 8]: eight vectors side by side
 * @param codeword f64 [d]
 * @param distances f64 [N rounded up to 8]
 * @returns their sum, in the order of the vectors
 */
export function approach(x: usize, N: u32, d: u32, codeword: usize, distances: usize): f64 {
  let total: f64 = 0;
  for (let n: u32 = 0; n < N; n += 8) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let c = codeword, end = codeword + ((<usize>d) << 3); c < end; c += 8) {
      const v = v128.load64_splat(c);
      let t = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x)), v);
      s0 = f64x2.add(s0, f64x2.mul(t, t));
      t = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x, 8)), v);
      s1 = f64x2.add(s1, f64x2.mul(t, t));
      t = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x, 16)), v);
      s2 = f64x2.add(s2, f64x2.mul(t, t));
      t = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x, 24)), v);
      s3 = f64x2.add(s3, f64x2.mul(t, t));
      x += 32;
    }
    const at = distances + ((<usize>n) << 3);
    v128.store(at, f64x2.pmin(v128.load(at), s0));
    v128.store(at, f64x2.pmin(v128.load(at, 16), s1), 16);
    v128.store(at, f64x2.pmin(v128.load(at, 32), s2), 32);
    v128.store(at, f64x2.pmin(v128.load(at, 48), s3), 48);
    const last = distances + ((<usize>min<u32>(n + 8, N)) << 3);
    for (let from = at; from < last; from += 8) total += load<f64>(from);
  }
  return total;
}
