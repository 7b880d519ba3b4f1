/** @file A seeded shuffle, for ties. */

/** The numbers from 0 to n − 1 in an order drawn by a seed (Fisher–Yates over mulberry32 by Tommy Ettinger). */
export function shuffledRows(n: number, seed: number): Uint32Array {
  // A seed has up to 53 bits, mulberry32's state 32: the high bits are folded in.
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1)) | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  };
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((next() / 2 ** 32) * (i + 1));
    const row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }
  return rows;
}
