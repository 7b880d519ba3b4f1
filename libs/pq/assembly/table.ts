/**
 * @file The look-up table of a query: by the definition, float64 sums in the order of the dimensions, each rounded once
 * to float32; eight codewords at a time.
 */

/** Of the last rows: what isn't 0 in one of its lanes if an entry wasn't finite. */
let strange: v128 = i32x4.splat(0);

/**
 * One subspace.
 *
 * @param x f64 [d]
 * @param codewords f64 [K8/8, d, 8]
 * @param products whether it's the negated products that are wanted, not the squared distances
 * @param sums f64 [K8], the entries before rounding
 * @param row f32 [K8], the entries
 */
function fill(x: usize, codewords: usize, K8: u32, d: u32, products: bool, sums: usize, row: usize): void {
  const end = x + ((<usize>d) << 3);
  for (let k: u32 = 0; k < K8; k += 8) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    if (products) {
      for (let from = x; from < end; from += 8) {
        const v = v128.load64_splat(from);
        s0 = f64x2.sub(s0, f64x2.mul(v, v128.load(codewords)));
        s1 = f64x2.sub(s1, f64x2.mul(v, v128.load(codewords, 16)));
        s2 = f64x2.sub(s2, f64x2.mul(v, v128.load(codewords, 32)));
        s3 = f64x2.sub(s3, f64x2.mul(v, v128.load(codewords, 48)));
        codewords += 64;
      }
    } else {
      for (let from = x; from < end; from += 8) {
        const v = v128.load64_splat(from);
        let t = f64x2.sub(v, v128.load(codewords));
        s0 = f64x2.add(s0, f64x2.mul(t, t));
        t = f64x2.sub(v, v128.load(codewords, 16));
        s1 = f64x2.add(s1, f64x2.mul(t, t));
        t = f64x2.sub(v, v128.load(codewords, 32));
        s2 = f64x2.add(s2, f64x2.mul(t, t));
        t = f64x2.sub(v, v128.load(codewords, 48));
        s3 = f64x2.add(s3, f64x2.mul(t, t));
        codewords += 64;
      }
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
    const low = v128.shuffle<u64>(f32x4.demote_f64x2_zero(s0), f32x4.demote_f64x2_zero(s1), 0, 2);
    const high = v128.shuffle<u64>(f32x4.demote_f64x2_zero(s2), f32x4.demote_f64x2_zero(s3), 0, 2);
    v128.store(row, low);
    v128.store(row, high, 16);
    // Infinity and NaN less themselves are NaN, everything else 0.
    strange = v128.or(strange, v128.or(f32x4.sub(low, low), f32x4.sub(high, high)));
    sums += 64;
    row += 32;
  }
}

/**
 * The table of a query.
 *
 * @param codewords f64 [M, K8/8, d, 8]; K8 is K rounded up to a multiple of 8, what fills up repeats a codeword
 * @param query f32 [M, d]
 * @param distance 0: aqd, 1: ip, 2: sqd
 * @param scratch f64 [d + K8]
 * @param table f32 [M, K], and room for K8 in its last row
 * @returns whether all entries are finite
 */
export function tabulate(
  codewords: usize,
  M: u32,
  K: u32,
  d: u32,
  query: usize,
  distance: u32,
  scratch: usize,
  table: usize,
): bool {
  const K8 = (K + 7) & ~7;
  const sums = scratch + ((<usize>d) << 3);
  strange = i32x4.splat(0);
  for (let m: u32 = 0; m < M; m++) {
    for (let j: u32 = 0; j < d; j++, query += 4) store<f64>(scratch + ((<usize>j) << 3), <f64>load<f32>(query));
    fill(scratch, codewords, K8, d, distance == 1, sums, table);
    if (distance == 2) {
      let best = load<f64>(sums);
      let nearest: u32 = 0;
      for (let k: u32 = 1; k < K; k++) {
        const sum = load<f64>(sums + ((<usize>k) << 3));
        if (sum < best) {
          best = sum;
          nearest = k;
        }
      }
      let from = codewords + (((<usize>(nearest >>> 3)) * d) << 6) + ((<usize>(nearest & 7)) << 3);
      for (let j: u32 = 0; j < d; j++, from += 64) store<f64>(scratch + ((<usize>j) << 3), load<f64>(from));
      strange = i32x4.splat(0);
      fill(scratch, codewords, K8, d, false, sums, table);
    }
    if (v128.any_true(strange)) return false;
    table += (<usize>K) << 2;
    codewords += ((<usize>K8) * d) << 3;
  }
  return true;
}
