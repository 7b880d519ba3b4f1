/**
 * @file What lines of JSON say, read in a thread of its own: parsing numbers and encoding vectors is most of the work of
 * adding items, and nobody's search waits for it there.
 */

import { type Codebook, encode } from '@dqn/pq';
import { type ServerCode, ServerError } from '../errors.ts';
import { checkDepth, checker } from '../http/validate.ts';
import { itemLineSchema } from '../schemas/items.ts';
import type { ItemId, Metadata } from '../store/store.ts';

/** What a line asks for. */
export interface Line {
  /** undefined where it can't be told. */
  readonly id: ItemId | undefined;
  /** Without the newline. */
  readonly bytes: number;
  /** Why it can't be done. */
  readonly fail?: { readonly code: ServerCode; readonly message: string };
  readonly remove?: true;
  /** Where it has a code, be it its vector's: row of `Lines.codes`. */
  readonly row?: number;
  /** The bytes of a picture. */
  readonly image?: Uint8Array;
  readonly url?: string;
  readonly labels?: readonly string[];
  readonly metadata?: Metadata;
  /** The bytes of a small picture, or whether one is to be made. */
  readonly thumbnail?: boolean | Uint8Array;
}

/** The lines of a block. */
export interface Lines {
  readonly lines: readonly Line[];
  /** [rows, M] */
  readonly codes: Uint8Array<ArrayBuffer>;
}

/** A line as it is sent. */
interface JsonLine {
  readonly id: ItemId;
  readonly remove?: true;
  readonly vector?: readonly number[];
  readonly code?: string;
  readonly image?: string;
  readonly url?: string;
  readonly labels?: readonly string[];
  readonly metadata?: Metadata;
  readonly thumbnail?: boolean | string;
}

const NEWLINE = 10;

const check = checker<JsonLine>(itemLineSchema, 'The line', 'json');

/**
 * Reads `{"id", "vector" | "code" | "image" | "url", "labels", "metadata"}` and `{"id", "remove": true}`; empty lines are
 * passed over.
 *
 * @param block whole lines
 */
export function readLines(block: Uint8Array<ArrayBuffer>, codebook: Codebook): Lines {
  const rows = new Rows(codebook);
  const lines: Line[] = [];
  for (let from = 0; from < block.length; ) {
    const newline = block.indexOf(NEWLINE, from);
    const to = newline < 0 ? block.length : newline;
    const text = Buffer.from(block.buffer, block.byteOffset + from, to - from)
      .toString('utf8')
      .trim();
    if (text !== '') lines.push(readLine(text, to - from, rows));
    from = to + 1;
  }
  return { lines, codes: rows.codes() };
}

function readLine(text: string, bytes: number, rows: Rows): Line {
  let id: ItemId | undefined;
  try {
    const value = parse(text);
    id = idOf(value);
    const { vector, code, image, thumbnail, ...rest } = check(value);
    if (rest.metadata) checkDepth(rest.metadata, 'metadata');
    return {
      bytes,
      ...rest,
      ...(vector && { row: rows.addVector(vector) }),
      ...(code !== undefined && { row: rows.addCode(code) }),
      ...(image !== undefined && { image: decoded(image) }),
      ...(thumbnail !== undefined && { thumbnail: typeof thumbnail === 'string' ? decoded(thumbnail) : thumbnail }),
    };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { id, bytes, fail: { code: error.code, message: error.message } };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('BAD_REQUEST', `The line is no JSON: ${reason}.`, { cause });
  }
}

function idOf(value: unknown): ItemId | undefined {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** In memory of its own, so that it can be handed over. */
function decoded(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Codes, and vectors that become codes together. */
class Rows {
  readonly #codebook: Codebook;
  #vectors: Float32Array;
  /** Row of each vector. */
  readonly #rowOf: number[] = [];
  readonly #given: { readonly row: number; readonly code: Uint8Array }[] = [];
  #count = 0;

  constructor(codebook: Codebook) {
    this.#codebook = codebook;
    this.#vectors = new Float32Array(64 * codebook.D);
  }

  /** @throws ServerError `BAD_QUERY` */
  addVector(numbers: readonly number[]): number {
    const { D } = this.#codebook;
    if (numbers.length !== D) {
      throw new ServerError('BAD_QUERY', `A vector has ${numbers.length} numbers; embeddings of this model have ${D}.`);
    }
    const at = this.#rowOf.length * D;
    if (at === this.#vectors.length) {
      const more = new Float32Array(2 * at);
      more.set(this.#vectors);
      this.#vectors = more;
    }
    for (let i = 0; i < D; i++) {
      const value = Math.fround(numbers[i]);
      if (!Number.isFinite(value)) {
        throw new ServerError('BAD_QUERY', `vector[${i}] is ${numbers[i]}, more than a float32 holds.`);
      }
      this.#vectors[at + i] = value;
    }
    this.#rowOf.push(this.#count);
    return this.#count++;
  }

  /** @throws ServerError `BAD_ITEM` */
  addCode(hex: string): number {
    const { M } = this.#codebook;
    const code = Buffer.from(hex, 'hex');
    if (code.length !== M) {
      throw new ServerError('BAD_ITEM', `The code has ${code.length} bytes; those of this model have ${M}.`);
    }
    this.#given.push({ row: this.#count, code });
    return this.#count++;
  }

  codes(): Uint8Array<ArrayBuffer> {
    const { D, M } = this.#codebook;
    const encoded = encode(this.#codebook, this.#vectors.subarray(0, this.#rowOf.length * D));
    const codes = new Uint8Array(this.#count * M);
    for (const [i, row] of this.#rowOf.entries()) codes.set(encoded.subarray(i * M, (i + 1) * M), row * M);
    for (const { row, code } of this.#given) codes.set(code, row * M);
    return codes;
  }
}
