import { crc32 as zlibs } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, sliced } from './crc32.ts';

describe('CRC-32', () => {
  it('has the check value of the standard', () => {
    const digits = new TextEncoder().encode('123456789');
    expect([crc32(digits), sliced(digits)]).toEqual([0xcbf43926, 0xcbf43926]);
    expect([crc32(new Uint8Array(0)), sliced(new Uint8Array(0))]).toEqual([0, 0]);
  });

  it("is the platform's where there is one, and the same in plain TypeScript, whole and continued", () => {
    expect(crc32).toBe(zlibs);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(7), (bytes, cut, shift) => {
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        expect(sliced(moved)).toBe(zlibs(bytes));
        expect(sliced(bytes.subarray(cut), sliced(bytes.subarray(0, cut)))).toBe(zlibs(bytes));
      }),
    );
  });

  it('reads memory that threads share', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(1000)).map((_, i) => i);
    expect([crc32(bytes), sliced(bytes)]).toEqual([zlibs(bytes.slice()), zlibs(bytes.slice())]);
  });
});
