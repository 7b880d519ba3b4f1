/** @file Bytes as little-endian numbers. Every platform that JavaScript runs on today keeps them that way itself. */

/** uint32 numbers; a view where the bytes stand well. */
export function asUint32(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, length / 4);
}

/** uint64 numbers; a view where the bytes stand well. */
export function asUint64(bytes: Uint8Array): BigUint64Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  return new BigUint64Array(buffer, byteOffset, length / 8);
}

/** The bytes of numbers, without a copy. */
export function asBytes(numbers: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
