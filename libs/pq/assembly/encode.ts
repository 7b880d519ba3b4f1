/**
 * @file The nearest codewords in one subspace, for many vectors: exactly those of the definition, the smallest
 * Σ_j (x_j − c_j)² in float64 in the order of j, the lowest index where several are equal.
 *
 * Ranked by ⟨x, c⟩ − ‖c‖²/2 on numbers that are centred (else digits are lost where the mean is large) and scaled, four
 * vectors against eight codewords at a time, so that the 32 sums stay in registers. Where the best leads by less than
 * rounding can do, the codewords within that reach are judged by the definition.
 *
 * There are two such rankings. The coarse one rounds to whole numbers of 16 bits, two products and their sum in one
 * instruction; the fine one works in float32. Vectors that the coarse one has no room for are ranked finely, and so are
 * all where the coarse one leaves too much to judge (codewords of very different lengths).
 */
import {
  blocksOf,
  coarseBlocksOf,
  COARSE_LARGEST,
  COARSE_LOST,
  COARSE_SCALE,
  coarseStartsOf,
  coarseVectorsOf,
  eights,
  FINE,
  LARGEST,
  LOST,
  originalsOf,
  pairs,
  SCALE,
  scoresOf,
  SQUARES,
  startsOf,
  vectorsOf,
} from './book';
import { bestScore, pick, pickCoarsely, score, scoreCoarsely, secondScore, take, takeCoarsely } from './rank';

/** Half a unit in the last place: of float32, of float64; and an absolute error far above those below the normals. */
const ROUNDING32: f64 = 5.9604644775390625e-8;
const ROUNDING64: f64 = 1.1102230246251565e-16;
const UNDERFLOW: f64 = 7.346839692639297e-40;
/** Scores of vectors longer than this (2^60, where codewords are about 1) could leave float32's range. */
const LONGEST: f64 = 1152921504606846976;
/** Ranking goes on finely where the coarse one leaves more than one codeword in 2^5 to the definition. */
const JUDGED_SHIFT: u32 = 5;

/** Whether `count` numbers, f32, are all finite. */
export function finite(at: usize, count: u32): bool {
  let odd = i32x4.splat(0);
  const end = at + ((<usize>count) << 2);
  for (; at + 16 <= end; at += 16) {
    // Infinity and NaN less themselves are NaN, everything else 0.
    const values = v128.load(at);
    odd = v128.or(odd, f32x4.sub(values, values));
  }
  for (; at < end; at += 4) {
    const values = v128.load32_zero(at);
    odd = v128.or(odd, f32x4.sub(values, values));
  }
  return !v128.any_true(odd);
}

/** Codewords that `judge` has looked at in this call of `nearest`. */
let judged: u32 = 0;

/** By the definition, of the codewords that score `least` or more (all, where scores are no numbers). */
function judge(originals: usize, scores: usize, x: usize, K: u32, d: u32, least: f64, coarse: bool): u32 {
  let best: f64 = Infinity;
  let index: u32 = 0;
  for (let k: u32 = 0; k < K; k++) {
    const at = scores + ((<usize>(k >>> 3)) << 7) + ((<usize>(k & 7)) << 2);
    const reached = coarse ? <f64>load<i32>(at) : <f64>load<f32>(at);
    if (reached < least) continue;
    judged++;
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
 * How far two scores may be wrong against each other, where C is the largest ‖c‖, all scaled. Fine (u = 2^−24): each of
 * x and c is rounded once, each product and each of the d + 1 additions once, so that a score is wrong by at most
 * (d + 4)·u·(C²/2 + ‖x‖C) to first order. Coarse: sums are exact, and what rounding took from x and c makes at most
 * ‖x‖·lost(c) + lost(x)·C, and 1/2 for the start. The definition's own sum is wrong by (d + 4)·2^−53·(‖x‖² + C²). All of
 * it twice, and a little for the second order and what lies below float32's normal numbers.
 *
 * @param x the vectors, f32 [d] each, `stride` bytes from one to the next
 * @param codes where the answers go, u8, `step` bytes from one to the next
 * @param others where f64 [count] go that are not above the squared distance to any other codeword; 0: nowhere
 * @returns how many codewords the definition had to judge
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
  const originals = originalsOf(book, K, d);
  const vectors = vectorsOf(book, K, d);
  const coarseVectors = coarseVectorsOf(book, K, d);
  const scores = scoresOf(book, K, d);
  const coarsely = load<u32>(book, FINE) == 0;
  const lost = load<f64>(book, COARSE_LOST);
  const roundings = 2.2 * <f64>(d + 4);
  judged = 0;
  for (let n: u32 = 0; n < count; n += 4) {
    const four: u32 = min<u32>(4, count - n);
    let coarse = coarsely;
    for (let v: u32 = 0; v < four && coarse; v++) {
      coarse = takeCoarsely(book, x + (<usize>(n + v)) * stride, coarseVectors, d, v);
    }
    let unscale: f64;
    let largest: f64;
    if (coarse) {
      unscale = 1 / load<f64>(book, COARSE_SCALE);
      largest = load<f64>(book, COARSE_LARGEST);
      const starts = coarseStartsOf(book, K, d);
      scoreCoarsely(starts, coarseBlocksOf(book, K, d), coarseVectors, scores, eights(K), pairs(d));
    } else {
      unscale = 1 / load<f64>(book, SCALE);
      largest = load<f64>(book, LARGEST);
      for (let v: u32 = 0; v < four; v++) take(book, x + (<usize>(n + v)) * stride, vectors, d, v);
      score(startsOf(book, d), blocksOf(book, K, d), vectors, scores, eights(K), d);
    }
    for (let v: u32 = 0; v < four; v++) {
      const own = scores + ((<usize>v) << 5);
      let index = coarse ? pickCoarsely(own, eights(K)) : pick(own, eights(K));
      const square = load<f64>(book + ((<usize>v) << 3), SQUARES);
      const length = Math.sqrt(square);
      let slack = roundings * ROUNDING64 * (square + largest * largest);
      if (coarse) {
        slack += 2.001 * (length * lost + Math.sqrt(load<f64>(book + ((<usize>v) << 3), LOST)) * largest + 1);
      } else slack += roundings * (ROUNDING32 * largest * (0.5 * largest + length) + UNDERFLOW * (1 + length));
      const countable = coarse || length < LONGEST;
      const sure = countable && bestScore - secondScore > slack;
      if (!sure) {
        const least = countable ? bestScore - slack : -Infinity;
        index = judge(originals, own, x + (<usize>(n + v)) * stride, K, d, least, coarse);
      }
      store<u8>(codes + (<usize>(n + v)) * step, index);
      if (others != 0) {
        // Where the definition chose another than the best score, the best is within the slack of the second.
        const bound = countable ? square - 2 * (secondScore + (sure ? slack : 2 * slack)) : 0;
        store<f64>(others + ((<usize>(n + v)) << 3), bound > 0 ? bound * unscale * unscale : 0);
      }
    }
  }
  if ((<u64>judged) << JUDGED_SHIFT > (<u64>count) * K) store<u32>(book, 1, FINE);
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
