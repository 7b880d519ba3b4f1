/**
 * @file The codewords of one subspace, arranged for the rankings of rank.ts.
 *
 * A `book` is what one subspace needs, at a place of the caller's (`bookBytes`):
 *
 *     0    u32 K, u32 d, and f64 numbers, named below
 *     192  f64 mean [d]; then, each at a multiple of 16:
 *     f32 −‖c‖²/2 [K8], f32 codewords centred and scaled [K8/8, d, 8],
 *     i32 −‖c‖²/2 [K8], i16 codewords centred and scaled [K8/8, ⌈d/2⌉, 8, 2], f32 codewords as they are [K, d],
 *     f32 four vectors [d, 4], i16 four vectors [⌈d/2⌉, 4, 2], scores [K8/8, 4, 8]
 *
 * K8 is K rounded up to a multiple of 8; what fills up scores least.
 */

export const HEADER: usize = 192;
/** Whether to rank finely. */
export const FINE: usize = 8;
/** Of the fine ranking: the factor, a power of two; the largest ‖c‖. */
export const SCALE: usize = 16;
export const LARGEST: usize = 24;
/** Of the coarse ranking: the factor; the largest ‖c‖, rounded; what rounding took from a codeword at most; */
export const COARSE_SCALE: usize = 32;
export const COARSE_LARGEST: usize = 40;
export const COARSE_LOST: usize = 48;
/** the longest vector that it has room for. */
export const COARSE_ROOM: usize = 56;
/** Of the four vectors at work: ‖x‖², and the square of what rounding took. */
export const SQUARES: usize = 64;
export const LOST: usize = 96;

/** The length of the longest codeword in the coarse ranking: leaves room for vectors three times as long in 31 bits. */
export const COARSE_LENGTH: f64 = 23000;
/** Added to a number below 2^51 it leaves the nearest whole one in the low bits. */
export const MAGIC: f64 = 6755399441055744;

// @ts-ignore: decorator
@inline
function aligned(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

// @ts-ignore: decorator
@inline
export function eights(K: u32): u32 {
  return (K + 7) >>> 3;
}

// @ts-ignore: decorator
@inline
export function startsOf(book: usize, d: u32): usize {
  return book + HEADER + aligned((<usize>d) << 3);
}

// @ts-ignore: decorator
@inline
export function blocksOf(book: usize, K: u32, d: u32): usize {
  return startsOf(book, d) + ((<usize>eights(K)) << 5);
}

// @ts-ignore: decorator
@inline
export function pairs(d: u32): u32 {
  return (d + 1) >>> 1;
}

// @ts-ignore: decorator
@inline
export function coarseStartsOf(book: usize, K: u32, d: u32): usize {
  return blocksOf(book, K, d) + (((<usize>eights(K)) * d) << 5);
}

// @ts-ignore: decorator
@inline
export function coarseBlocksOf(book: usize, K: u32, d: u32): usize {
  return coarseStartsOf(book, K, d) + ((<usize>eights(K)) << 5);
}

// @ts-ignore: decorator
@inline
export function originalsOf(book: usize, K: u32, d: u32): usize {
  return coarseBlocksOf(book, K, d) + (((<usize>eights(K)) * pairs(d)) << 5);
}

// @ts-ignore: decorator
@inline
export function vectorsOf(book: usize, K: u32, d: u32): usize {
  return originalsOf(book, K, d) + aligned(((<usize>K) * d) << 2);
}

// @ts-ignore: decorator
@inline
export function coarseVectorsOf(book: usize, K: u32, d: u32): usize {
  return vectorsOf(book, K, d) + ((<usize>d) << 4);
}

// @ts-ignore: decorator
@inline
export function scoresOf(book: usize, K: u32, d: u32): usize {
  return coarseVectorsOf(book, K, d) + ((<usize>pairs(d)) << 4);
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
  memory.fill(mean, 0, aligned((<usize>d) << 3));
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
  largest = Math.sqrt(largest);
  store<f64>(book, largest, LARGEST);
  loadCoarsely(book, K, d, codewords, scale * (largest > 0 ? COARSE_LENGTH / largest : 1));
}

/** The part of the coarse ranking. */
function loadCoarsely(book: usize, K: u32, d: u32, codewords: usize, scale: f64): void {
  const mean = book + HEADER;
  const starts = coarseStartsOf(book, K, d);
  const blocks = coarseBlocksOf(book, K, d);
  const filled = eights(K) << 3;
  let largest: f64 = 0;
  let lost: f64 = 0;
  memory.fill(blocks, 0, ((<usize>eights(K)) * pairs(d)) << 5);
  for (let k: u32 = 0, from = codewords; k < filled; k++) {
    if (k >= K) {
      store<i32>(starts + ((<usize>k) << 2), -i32.MAX_VALUE);
      continue;
    }
    const to = blocks + (((<usize>(k >>> 3)) * pairs(d)) << 5) + ((<usize>(k & 7)) << 2);
    let norm: f64 = 0;
    let whole: f64 = 0;
    let error: f64 = 0;
    for (let j: u32 = 0; j < d; j++, from += 4) {
      const c = (<f64>load<f32>(from) - load<f64>(mean + ((<usize>j) << 3))) * scale;
      const rounded = nearest64(c);
      store<i16>(to + ((<usize>(j >>> 1)) << 5) + ((<usize>(j & 1)) << 1), <i16>(<i32>rounded));
      norm += c * c;
      whole += rounded * rounded;
      error += (c - rounded) * (c - rounded);
    }
    store<i32>(starts + ((<usize>k) << 2), -(<i32>nearest64(0.5 * norm)));
    if (whole > largest) largest = whole;
    if (error > lost) lost = error;
  }
  largest = Math.sqrt(largest);
  store<f64>(book, scale, COARSE_SCALE);
  store<f64>(book, largest, COARSE_LARGEST);
  store<f64>(book, Math.sqrt(lost), COARSE_LOST);
  // The sums with their start stay within 31 bits: ‖x‖‖c‖ + ‖c‖²/2.
  store<f64>(book, (2147400000 - 0.5 * COARSE_LENGTH * COARSE_LENGTH) / Math.max(1, largest), COARSE_ROOM);
  // With one dimension there is nothing to pair.
  store<u32>(book, d < 2 ? 1 : 0, FINE);
}

// @ts-ignore: decorator
@inline
function nearest64(value: f64): f64 {
  return value + MAGIC - MAGIC;
}
