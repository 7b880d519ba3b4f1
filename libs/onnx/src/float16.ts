/** @file IEEE 754 half precision as bits, since Node 20 has no Float16Array. */

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The value of a half-precision number given by its 16 bits. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of the half-precision number nearest to `value`, ties to even; too large becomes infinity. */
export function toHalf(value: number): number {
  word[0] = value;
  const single = bits[0]!;
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // at least 65520 rounds to infinity
  if (magnitude < 0x38800000) {
    // Subnormal: count in units of 2^-24. Adding .5 (as float32) rounds to even in hardware.
    word[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | ((rounded - 0x38000000) >> 13);
}
