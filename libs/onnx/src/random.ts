/** @file A small seeded generator for initial weights: the same seed gives the same network everywhere. */

/**
 * `count` standard normal numbers, the same for the same seed and label; `label` separates the streams of one seed.
 * mulberry32 (32 bits of state, passes gjrand) with Box-Muller. One loop, because AlexNet wants 58 million.
 */
export function normals(count: number, seed: number, label = ''): Float32Array {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < label.length; i += 1) state = Math.imul(state ^ label.charCodeAt(i), 0x01000193) >>> 0;
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const u = ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    state = (state + 0x6d2b79f5) | 0;
    t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const angle = (((t ^ (t >>> 14)) >>> 0) / 4294967296) * 2 * Math.PI;
    const radius = Math.sqrt(-2 * Math.log(1 - u));
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
