/**
 * @file CRC-32 (IEEE 802.3): any single flipped bit, and any burst of up to 32, changes it.
 *
 * Galleries of gigabytes are checked while they are read, so its speed is the speed of opening: where the platform has
 * one (zlib's in Node, some 2 GB a second) that is taken, elsewhere eight table look-ups take eight bytes at once.
 */

/** Continues a CRC-32: `crc32(b, crc32(a))` is that of a and b one behind the other. */
export type Crc32 = (bytes: Uint8Array, before?: number) => number;

/** The CRC-32 of some bytes, 0 to 2^32 − 1; `before` is that of the bytes in front of them. */
export const crc32: Crc32 = platformCrc32() ?? sliced;

/** Tables[j][b]: what byte b contributes when j bytes follow it in the same turn; [8, 256]. */
const TABLES = new Uint32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  TABLES[byte] = crc;
}
for (let i = 256; i < TABLES.length; i++) TABLES[i] = TABLES[TABLES[i - 256] & 0xff] ^ (TABLES[i - 256] >>> 8);

/** CRC-32 in plain TypeScript, by eight bytes a turn (Kounavis and Berry, "slicing-by-8", 2005). */
export function sliced(bytes: Uint8Array, before = 0): number {
  const T = TABLES;
  let crc = ~before;
  const whole = bytes.length - (bytes.length % 8);
  let i = 0;
  for (; i < whole; i += 8) {
    const low = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      T[1792 + (low & 0xff)] ^
      T[1536 + ((low >>> 8) & 0xff)] ^
      T[1280 + ((low >>> 16) & 0xff)] ^
      T[1024 + (low >>> 24)] ^
      T[768 + bytes[i + 4]] ^
      T[512 + bytes[i + 5]] ^
      T[256 + bytes[i + 6]] ^
      T[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = T[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** What of `process` is looked for; a page has none of it. */
interface Platform {
  process?: { getBuiltinModule?: (name: string) => { crc32?: Crc32 } | undefined };
}

/** zlib's, asked for in the way that no bundler takes for an import. */
function platformCrc32(): Crc32 | undefined {
  return (globalThis as Platform).process?.getBuiltinModule?.('node:zlib')?.crc32;
}
