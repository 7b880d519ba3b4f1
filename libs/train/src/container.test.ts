import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packContainer, unpackContainer } from './container.ts';

const arrays = [
  { name: 'weights/a', dims: [2, 3], data: Float32Array.of(1, -2, 3, Number.MIN_VALUE, 5, -0) },
  { name: 'bytes', dims: [5], data: Uint8Array.of(1, 2, 3, 4, 5) },
  { name: 'none', dims: [0], data: new Float32Array(0) },
  { name: 'doubles', dims: [2], data: Float64Array.of(Math.PI, 1e-300) },
];
const packed = packContainer({ epoch: 3, text: 'é' }, arrays);

describe('container', () => {
  it('gives back what was packed, bit for bit', () => {
    const { meta, arrays: read } = unpackContainer(packed, 'x');
    expect(meta).toEqual({ epoch: 3, text: 'é' });
    expect([...read.values()]).toEqual(arrays);
  });

  it('packs the same input to the same bytes', () => {
    expect(packContainer({ epoch: 3, text: 'é' }, arrays)).toEqual(packed);
  });

  it('reads bytes that lie inside a larger buffer at an odd offset', () => {
    const larger = new Uint8Array(packed.length + 9);
    larger.set(packed, 3);
    expect(unpackContainer(larger.subarray(3, 3 + packed.length), 'x').arrays.size).toBe(4);
  });

  it('gives copies, of a Buffer too', () => {
    const bytes = Buffer.from(packed);
    const { arrays: read } = unpackContainer(bytes, 'x');
    bytes.fill(0);
    expect([...read.values()]).toEqual(arrays);
  });

  it('refuses every truncated file', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: packed.length - 1 }), (length) => {
        expect(() => unpackContainer(packed.subarray(0, length), 'x')).toThrow(
          expect.objectContaining({ code: 'BAD_CHECKPOINT' }),
        );
      }),
    );
  });

  it('refuses every flipped bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: packed.length * 8 - 1 }), (bit) => {
        const altered = packed.slice();
        altered[bit >> 3] ^= 1 << (bit & 7);
        expect(() => unpackContainer(altered, 'x')).toThrow(expect.objectContaining({ code: 'BAD_CHECKPOINT' }));
      }),
    );
  });
});
