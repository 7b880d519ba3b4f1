/** @file A small seeded generator for initial weights: the same seed gives the same network everywhere. */

/** Numbers are drawn from this many equally likely ones: enough for weights, and a table of 256 KiB. */
const LEVELS = 65536;

let table: Float32Array | undefined;

/** Horner's rule, the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** The normal distribution's quantile at p in (0, .5], to 1e-9: Acklam's rational approximation (2003). */
function lowerQuantile(p: number): number {
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    const above = [
      -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783,
    ];
    const below = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
    return polynomial(q, above) / polynomial(q, below);
  }
  const q = p - 0.5;
  const above = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const below = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  return (polynomial(q * q, above) * q) / polynomial(q * q, below);
}

/** The middle quantiles of LEVELS equal parts of the normal distribution: within 4.33 standard deviations. */
function levels(): Float32Array {
  if (table) return table;
  table = new Float32Array(LEVELS);
  for (let i = 0; i < LEVELS / 2; i += 1) {
    const value = lowerQuantile((i + 0.5) / LEVELS);
    table[i] = value;
    table[LEVELS - 1 - i] = -value;
  }
  return table;
}

/**
 * `count` standard normal numbers, the same for the same seed and label; `label` separates the streams of one seed.
 * mulberry32 (32 bits of state, passes gjrand) gives two numbers a step through a table of quantiles: AlexNet wants 58
 * million, and Box-Muller took four seconds over them.
 */
export function normals(count: number, seed: number, label = ''): Float32Array {
  const values = levels();
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < label.length; i += 1) state = Math.imul(state ^ label.charCodeAt(i), 0x01000193) >>> 0;
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    t ^= t >>> 14;
    out[i] = values[t & 0xffff]!;
    if (i + 1 < count) out[i + 1] = values[t >>> 16]!;
  }
  return out;
}
