/**
 * @file Named arrays and a JSON header in one file, with a hash: the layout of a checkpoint.
 *
 * ```
 * 8 bytes   magic "DQNRUN\0" and the layout's version, 1
 * 4 bytes   length of the header, little-endian
 * header    UTF-8 JSON: { meta, arrays: [{ name, type, dims, offset, bytes }] }, offsets from the end of the header
 * arrays    one after the other, little-endian, each at a multiple of 8 bytes from the start of the file
 * 32 bytes  sha256 of everything before
 * ```
 */

import { createHash } from 'node:crypto';
import { TrainError } from './errors.ts';

/** An array to keep; `data` holds the product of `dims` elements. */
export interface NamedArray {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | Uint8Array;
}

const MAGIC = new Uint8Array([...new TextEncoder().encode('DQNRUN\0'), 1]);
const HASH_BYTES = 32;
const ALIGNMENT = 8;

const TYPES = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

interface Entry {
  name: string;
  type: TypeName;
  dims: readonly number[];
  offset: number;
  bytes: number;
}

function typeOf(data: NamedArray['data']): TypeName {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Float64Array ? 'float64' : 'uint8';
}

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Packs `meta` (anything JSON can hold) and the arrays. The same input gives the same bytes. */
export function packContainer(meta: unknown, arrays: readonly NamedArray[]): Uint8Array {
  let offset = 0;
  const entries: Entry[] = arrays.map(({ name, dims, data }) => {
    const entry = { name, type: typeOf(data), dims, offset, bytes: data.byteLength };
    offset += align(data.byteLength);
    return entry;
  });
  const json = new TextEncoder().encode(JSON.stringify({ meta, arrays: entries }));
  const start = MAGIC.length + 4;
  // Spaces after the JSON align the arrays.
  const headerBytes = align(start + json.length) - start;
  const out = new Uint8Array(start + headerBytes + offset + HASH_BYTES);
  out.set(MAGIC);
  new DataView(out.buffer).setUint32(MAGIC.length, headerBytes, true);
  out.fill(0x20, start, start + headerBytes);
  out.set(json, start);
  arrays.forEach(({ data }, i) => {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + headerBytes + entries[i].offset);
  });
  out.set(createHash('sha256').update(out.subarray(0, -HASH_BYTES)).digest(), out.length - HASH_BYTES);
  return out;
}

/**
 * Unpacks such a file; the arrays are copies.
 *
 * @param path - for the messages
 * @throws TrainError BAD_CHECKPOINT: another kind of file, another version, truncated or altered
 */
export function unpackContainer(
  bytes: Uint8Array,
  path: string,
): { meta: unknown; arrays: Map<string, NamedArray & { readonly dims: number[] }> } {
  const bad = (what: string): TrainError =>
    new TrainError(
      'BAD_CHECKPOINT',
      `${path} ${what}. Train again into another folder, or put back a copy of the file.`,
    );
  const start = MAGIC.length + 4;
  if (bytes.length < start + HASH_BYTES) throw bad(`holds ${bytes.length} bytes, too few for a checkpoint`);
  if (MAGIC.some((byte, i) => i < MAGIC.length - 1 && bytes[i] !== byte))
    throw bad('is not a checkpoint of this program');
  const version = bytes[MAGIC.length - 1];
  if (version !== MAGIC[MAGIC.length - 1]) throw bad(`has layout version ${version}; this program reads version 1`);
  const wanted = Buffer.from(bytes.buffer, bytes.byteOffset + bytes.length - HASH_BYTES, HASH_BYTES);
  const found = createHash('sha256').update(bytes.subarray(0, -HASH_BYTES)).digest();
  if (!found.equals(wanted)) throw bad('is truncated or altered: its sha256 is not the one that it states');

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = start + view.getUint32(MAGIC.length, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, body))) as {
    meta: unknown;
    arrays: Entry[];
  };
  const arrays = new Map<string, NamedArray & { dims: number[] }>();
  for (const { name, type, dims, offset, bytes: length } of header.arrays) {
    // `slice` of a Buffer would be a view.
    const copy = new Uint8Array(bytes.subarray(body + offset, body + offset + length)).buffer;
    arrays.set(name, { name, dims: [...dims], data: new TYPES[type](copy) });
  }
  return { meta: header.meta, arrays };
}
