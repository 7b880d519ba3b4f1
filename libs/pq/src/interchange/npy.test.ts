import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture, fixtures, flipped, unlessRefused } from '../testing/fixtures.ts';
import { type NpyArray, readNpy, writeNpy } from './npy.ts';

const VALUES = [0, 1, 2, 3, 100, 101, 126, 127, 5, 6, 7, 8];
const numbers = (array: NpyArray): number[] => Array.from(array.data as ArrayLike<number | bigint>, Number);

describe('files that NumPy wrote', () => {
  it.each(fixtures(/^numpy-(big-)?[fui]\d\.npy$/))('%s is read, whichever end comes first', (name) => {
    const type = /(\w\d)\.npy$/.exec(name)![1];
    const array = readNpy(fixture(name));
    expect([array.type, array.shape]).toEqual([type, [3, 4]]);
    expect(numbers(array)).toEqual(VALUES.map((value) => (type[0] === 'u' ? value : value - 100)));
  });

  it('booleans, a single number, no numbers, one axis of numbers above 2^63', () => {
    const booleans = readNpy(fixture('numpy-b1.npy'));
    expect(booleans.type).toBe('b1');
    expect(numbers(booleans)).toEqual(VALUES.map((value) => (value % 2 === 0 ? 1 : 0)));
    expect(readNpy(fixture('numpy-scalar.npy'))).toEqual({ type: 'f8', shape: [], data: Float64Array.of(0.1) });
    expect(readNpy(fixture('numpy-empty.npy'))).toEqual({ type: 'f4', shape: [3, 0, 2], data: new Float32Array() });
    const axis = { type: 'u8', shape: [2], data: BigUint64Array.of(2n ** 63n, 2n ** 64n - 1n) };
    expect(readNpy(fixture('numpy-axis.npy'))).toEqual(axis);
  });

  it('with the first axis fastest come row-major', () => {
    const array = readNpy(fixture('numpy-fortran.npy'));
    expect(array).toEqual({ type: 'i2', shape: [2, 3, 4], data: Int16Array.from({ length: 24 }, (_, i) => i) });
  });

  it.each([2, 3])('of version %i.0 are read, too', (version) => {
    expect(numbers(readNpy(fixture(`numpy-version${version}.npy`)))).toEqual(VALUES);
  });

  it.each(fixtures(/^numpy-refused/))('%s is no array of numbers, and says so', (name) => {
    expect(() => readNpy(fixture(name))).toThrow(/byte 10 .*expected (an array of numbers|each entry once)/s);
  });

  it('are what we write, to the byte', () => {
    for (const name of fixtures(/^numpy-([fui]\d|b1|axis|scalar)\.npy$/)) {
      const { data, shape, type } = readNpy(fixture(name));
      expect(Buffer.compare(writeNpy(data, shape, type), fixture(name)), name).toBe(0);
    }
  });

  it('are views where they can be, copies where not', () => {
    const bytes = writeNpy(Float32Array.of(1, 2));
    expect(readNpy(bytes).data.buffer).toBe(bytes.buffer);
    expect(readNpy(fixture('numpy-f4.npy')).data.byteOffset).toBe(0);
  });
});

describe('what is written', () => {
  it('is read again as it was', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.float32Array({ noNaN: false }),
          fc.float64Array(),
          fc.uint8Array(),
          fc.uint16Array(),
          fc.uint32Array(),
          fc.bigUint64Array(),
          fc.int8Array(),
          fc.int16Array(),
          fc.int32Array(),
          fc.bigInt64Array(),
        ),
        fc.constantFrom(1, 2, 3),
        (data, axis) => {
          const whole = data.subarray(0, data.length - (data.length % axis));
          const shape = [whole.length / axis, axis, 1];
          const array = readNpy(writeNpy(whole, shape));
          expect(array.data).toEqual(whole);
          expect(array.shape).toEqual(shape);
        },
      ),
    );
  });

  it('is refused where the shape or the type is another', () => {
    expect(() => writeNpy(new Float32Array(5), [2, 3])).toThrow(/shape is \(2, 3\), and there are 5 numbers/);
    expect(() => writeNpy(new Float32Array(1), [-1, -1])).toThrow(/BAD_SHAPE|shape is \(-1, -1\)/);
    expect(() => writeNpy(new Float32Array(0), [0, 0.5])).toThrow(/shape/);
    expect(() => writeNpy(Uint8Array.of(0, 2), [2], 'b1')).toThrow(/bytes of 0 and 1/);
    expect(() => writeNpy([1, 2] as unknown as Float32Array)).toThrow(/expected an array of f4/);
  });
});

describe('damaged files', () => {
  const good = writeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

  it('are refused where they end too early or too late', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => readNpy(good.subarray(0, length))).toThrow(/byte \d+ .*expected/s);
    }
    expect(() => readNpy(Uint8Array.of(...good, 0))).toThrow(/expected the end of the file/);
  });

  it('are refused, or say something else and whole, at every bit', () => {
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const read = unlessRefused(() => readNpy(flipped(good, bit)));
      if (!read) continue;
      expect(read.shape.reduce((product, axis) => product * axis, 1)).toBe(read.data.length);
      expect(read.data.byteLength).toBe(24);
    }
  });

  it('are refused or read, and nothing else, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures(/^numpy/)),
        fc.array(fc.tuple(fc.nat(130), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        (name, changes) => {
          const bytes = fixture(name);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          unlessRefused(() => readNpy(bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['2^60 numbers', "{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,), }"],
    [
      '2^53 times 2^53 of them',
      "{'descr': '<f4', 'fortran_order': True, 'shape': (9007199254740991, 9007199254740991)}",
    ],
    ['no number of too many', `{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1e9), }`],
    ['an entry twice', "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (6,), }"],
    ['an entry too many', "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': (6,)}"],
    ['no shape', "{'descr': '<f4', 'fortran_order': False}"],
    ['a shape that is a number', "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}"],
    ['a negative length', "{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}"],
    ['its own machine’s order', "{'descr': '=f4', 'fortran_order': False, 'shape': (6,)}"],
    ['floats of 16 bytes', "{'descr': '<f16', 'fortran_order': False, 'shape': (6,)}"],
    ['a program', "__import__('os').system('true')"],
  ])('with the header of %s are refused', (_, header) => {
    expect(unlessRefused(() => readNpy(withHeader(header)))).toBeUndefined();
  });

  it('of Python 2 are read: its lengths end in L', () => {
    expect(readNpy(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }")).shape).toEqual([2, 3]);
  });

  it('whose empty shape names axes beyond all bounds hold no number', () => {
    const axes = `${'9007199254740991, '.repeat(40)}0`;
    const file = withHeader(`{'descr': '<f4', 'fortran_order': False, 'shape': (${axes}), }`).subarray(0, -24);
    expect(readNpy(file).data).toHaveLength(0);
  });

  function withHeader(header: string): Uint8Array {
    const text = `${header}\n`;
    const start = Uint8Array.of(0x93, 78, 85, 77, 80, 89, 1, 0, text.length & 255, text.length >> 8);
    return Buffer.concat([start, new TextEncoder().encode(text), good.subarray(-24)]);
  }
});
