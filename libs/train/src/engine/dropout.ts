/**
 * @file Dropout's masks: the same bits on every engine and for any number of workers.
 *
 * A mask element is decided by a hash of (seed, step, name of the mask, row in the whole batch, place in the row), so
 * that no generator has to be shared, wound forward or stored in a checkpoint.
 */

/** FNV-1a over UTF-16 code units: a 32-bit number for a name. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * The mask of rows `firstRow … firstRow + rows − 1` of a batch, [rows, width] row-major: 0 with probability `ratio`,
 * else 1/(1 − ratio), so that the expectation of mask · x is x.
 *
 * @param into - filled and returned when given; otherwise a new array
 */
export function dropoutMask(
  o: { name: string; ratio: number; seed: number; step: number; firstRow: number; rows: number; width: number },
  into: Float32Array = new Float32Array(o.rows * o.width),
): Float32Array {
  const keep = o.ratio >= 1 ? 0 : Math.fround(1 / (1 - o.ratio));
  // Of 31 bits, so that a difference of two has a sign; what it chooses from a table needs no branch to be foretold.
  const threshold = Math.round(o.ratio * 2 ** 31) | 0;
  const choices = Float32Array.of(0, keep);
  const stream = mix(mix(mix(o.seed) ^ o.step) + hashName(o.name));
  for (let row = 0, at = 0; row < o.rows; row++) {
    const rowKey = mix(stream ^ mix(o.firstRow + row + 0x9e3779b9));
    for (let i = 0; i < o.width; i++, at++) {
      const drawn = mix(rowKey + Math.imul(i, 0x9e3779b1)) >>> 1;
      into[at] = choices[((drawn - threshold) >> 31) + 1]!;
    }
  }
  return into;
}
