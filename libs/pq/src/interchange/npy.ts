/**
 * @file NumPy's files of one array, `.npy`, versions 1.0, 2.0 and 3.0 (numpy/lib/format.py): a magic string, a header
 * that is a Python dictionary, and the numbers.
 */
import { PqError } from '../errors.ts';
import { shown } from '../given.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** The array that holds each of NumPy's types of numbers. */
export interface NpyArrays {
  f4: Float32Array;
  f8: Float64Array;
  u1: Uint8Array;
  u2: Uint16Array;
  u4: Uint32Array;
  u8: BigUint64Array;
  i1: Int8Array;
  i2: Int16Array;
  i4: Int32Array;
  i8: BigInt64Array;
  /** 0 or 1 a byte. */
  b1: Uint8Array;
}

/** NumPy's type of a number: what it is, and how many bytes it has. */
export type NpyType = keyof NpyArrays;

/** An array, its type told by `type`. */
export type NpyArray = {
  [T in NpyType]: {
    readonly type: T;
    /** The axes' lengths, the outermost first; none for a single number. */
    readonly shape: readonly number[];
    /** The product of `shape` numbers, row-major. */
    readonly data: NpyArrays[T];
  };
}[NpyType];

const CLASSES = {
  f4: Float32Array,
  f8: Float64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  b1: Uint8Array,
} as const;
const MAGIC = '\x93NUMPY';
/** NumPy refuses longer headers of plain arrays, too. */
const LONGEST_HEADER = 10_000;
/** NumPy's own. */
const MOST_AXES = 64;

/**
 * Reads a `.npy` file. Big-endian numbers are turned round, Fortran's order (the first axis fastest) is made row-major.
 *
 * @param bytes the whole file; `data` is a view of it where its order and alignment allow, else a copy
 * @throws PqError `BAD_FILE`, naming the byte, where it is damaged or holds anything but numbers of `NpyType`;
 * `BAD_OPTION` for what are no bytes
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const reader = new Reader(bytes, 'NumPy array');
  const magic = String.fromCharCode(...reader.take(6, 'the magic string'));
  if (magic !== MAGIC) reader.fail(0, `begins ${JSON.stringify(magic)}`, `'\\x93NUMPY'`);
  const major = reader.u8('the version');
  const minor = reader.u8('the version');
  if (major < 1 || major > 3 || minor !== 0) reader.fail(6, `says version ${major}.${minor}`, '1.0, 2.0 or 3.0');
  const at = reader.offset;
  const length = major === 1 ? reader.u16('the length of the header') : reader.u32('the length of the header');
  if (length > LONGEST_HEADER) {
    reader.fail(at, `says a header of ${length} bytes`, `at most ${LONGEST_HEADER} for an array of numbers`);
  }
  const { type, bigEndian, fortranOrder, shape } = readHeader(reader, length);
  const size = CLASSES[type].BYTES_PER_ELEMENT;
  const count = elements(shape);
  const from = reader.offset;
  let body = reader.take(count * size, `numbers of the shape (${shape.join(', ')})`);
  reader.end();
  if (type === 'b1') {
    const bad = body.findIndex((value) => value > 1);
    if (bad >= 0) reader.fail(from + bad, `holds the boolean ${body[bad]}`, '0 or 1');
  }
  const turned = bigEndian && size > 1;
  if (turned || body.byteOffset % size !== 0) body = body.slice();
  if (turned) for (let i = 0; i < body.length; i += size) body.subarray(i, i + size).reverse();
  let data: NpyArrays[NpyType] = new CLASSES[type](body.buffer as ArrayBuffer, body.byteOffset, count);
  if (fortranOrder && shape.filter((axis) => axis > 1).length > 1) data = rowMajor(data, shape);
  return { type, shape, data } as NpyArray;
}

interface NpyHeader {
  type: NpyType;
  bigEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, spaces and a line's end; Python 2 wrote `(3L, 4L)`. */
function readHeader(reader: Reader, length: number): NpyHeader {
  const from = reader.offset;
  const text = Array.from(reader.take(length, 'the header'), (byte) => String.fromCharCode(byte)).join('');
  const refuse = (expected: string): never => reader.fail(from, `has the header ${JSON.stringify(text)}`, expected);
  const dictionary = /^\s*\{(.*)\}\s*$/s.exec(text);
  if (!dictionary) return refuse("a Python dictionary with 'descr', 'fortran_order' and 'shape'");
  const entries = new Map<string, string>();
  const entry = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([^()]*\)|\[[^[\]]*\])\s*(?:,|$)\s*/y;
  while (entry.lastIndex < dictionary[1].length) {
    const found = entry.exec(dictionary[1]);
    if (!found || entries.has(found[1])) return refuse('each entry once: a string, a boolean or a tuple');
    entries.set(found[1], found[2]);
  }
  const descr = entries.get('descr');
  const order = entries.get('fortran_order');
  const tuple = entries.get('shape');
  if (!descr || !order || !tuple || entries.size !== 3) {
    return refuse("'descr', 'fortran_order' and 'shape', and nothing else");
  }
  const number = /^'([<>|])(\w\d)'$/.exec(descr);
  if (!number || !(number[2] in CLASSES) || (number[1] === '|' && number[2][1] !== '1')) {
    return refuse(`an array of numbers: ${Object.keys(CLASSES).join(', ')} ('<f4'); convert it by astype first`);
  }
  if (order !== 'True' && order !== 'False') return refuse("True or False as 'fortran_order'");
  const axes = /^\(\s*((?:\d+L?\s*,\s*)*)(\d+L?\s*)?\)$/.exec(tuple);
  // One axis alone is written (3,): (3) isn't a tuple.
  if (!axes || (axes[1] === '' && axes[2] !== undefined)) return refuse("a tuple of lengths as 'shape'");
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (shape.length > MOST_AXES || shape.some((axis) => !Number.isSafeInteger(axis))) {
    return refuse(`at most ${MOST_AXES} axes, each below 2^53`);
  }
  return { type: number[2] as NpyType, bigEndian: number[1] === '>', fortranOrder: order === 'True', shape };
}

/** The same array with its last axis fastest instead of its first. */
function rowMajor(data: NpyArrays[NpyType], shape: readonly number[]): NpyArrays[NpyType] {
  const result = data.slice();
  // Alike for numbers and bigints, which TypeScript can't say of a union of arrays.
  const [source, target] = [data, result] as unknown as [number[], number[]];
  const at = shape.map(() => 0);
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
  for (let i = 0, from = 0; i < data.length; i++) {
    target[i] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return result;
}

/**
 * Writes a `.npy` file (version 1.0, little-endian, row-major), which `numpy.load` reads.
 *
 * @param data the numbers, row-major; their class is the type
 * @param shape the axes' lengths, the outermost first; one axis unless told. Codes: [codes.length / M, M]
 * @param type 'b1' writes a Uint8Array of 0 and 1 as booleans
 * @throws PqError `BAD_SHAPE` where `shape` has another number of elements, `BAD_OPTION` for other arrays and types
 */
export function writeNpy(
  data: NpyArrays[NpyType],
  shape: readonly number[] = [data?.length],
  type: NpyType = typeOf(data),
): Uint8Array {
  const own = typeOf(data);
  const fits =
    Array.isArray(shape) && shape.length <= MOST_AXES && shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0);
  if (!fits || elements(shape) !== data.length) {
    const lengths = Array.isArray(shape) ? `(${shape.map(shown).join(', ')})` : shown(shape);
    throw new PqError(
      'BAD_SHAPE',
      `The shape is ${lengths}, and there are ${data.length} numbers; expected up to ${MOST_AXES} whole lengths whose ` +
        'product is that.',
    );
  }
  if (type !== own && !(type === 'b1' && data instanceof Uint8Array && data.every((value) => value <= 1))) {
    throw new PqError('BAD_OPTION', `The type is '${shown(type)}'; expected ${own}, or 'b1' for bytes of 0 and 1.`);
  }
  const size = data.BYTES_PER_ELEMENT;
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${size === 1 ? '|' : '<'}${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // The numbers begin at a multiple of 64; the header ends in a new line.
  const from = Math.ceil((11 + dictionary.length) / 64) * 64;
  const writer = new Writer(from + size * data.length);
  writer.text(`${MAGIC}\x01\x00`);
  writer.u16(from - 10);
  writer.text(`${dictionary.padEnd(from - 11)}\n`);
  writer.raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return writer.bytes;
}

/** How many numbers an array of that shape has; of no number times infinitely many none. */
function elements(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, axis) => product * axis, 1);
}

function typeOf(data: NpyArrays[NpyType]): NpyType {
  for (const [type, Class] of Object.entries(CLASSES)) if (data instanceof Class) return type as NpyType;
  throw new PqError('BAD_OPTION', `The numbers are ${shown(data)}; expected an array of ${Object.keys(CLASSES)}.`);
}
