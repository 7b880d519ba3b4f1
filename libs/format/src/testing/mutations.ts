/** @file Broken copies of a file. */
import fc from 'fast-check';

/** A copy with one bit changed. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

/** Copies with a few bytes changed, cut out, put in, or swapped with others; never equal to the original. */
export function mutations(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(bytes.length - 1);
  const edit = fc.oneof(
    fc.tuple(place, fc.nat(255)).map(
      ([at, value]) =>
        (copy: Uint8Array) =>
          copy.with(at % copy.length, value),
    ),
    fc.tuple(place, fc.integer({ min: 1, max: 80 })).map(([at, length]) => (copy: Uint8Array) => {
      const from = at % copy.length;
      return join(copy.subarray(0, from), copy.subarray(from + length));
    }),
    fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 80 })).map(([at, more]) => (copy: Uint8Array) => {
      const from = at % copy.length;
      return join(copy.subarray(0, from), more, copy.subarray(from));
    }),
    fc.tuple(place, place).map(([from, to]) => (copy: Uint8Array) => {
      const swapped = copy.slice();
      swapped.copyWithin(to % copy.length, from % copy.length, (from % copy.length) + 16);
      return swapped;
    }),
  );
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce((copy, apply) => (copy.length === 0 ? copy : apply(copy)), bytes))
    .filter((copy) => copy.length !== bytes.length || copy.some((byte, i) => byte !== bytes[i]));
}

function join(...pieces: Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
