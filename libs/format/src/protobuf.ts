/**
 * @file Protobuf messages by tables: the few kinds of fields that our schemas have, in 1.5 KB of a page.
 *
 * A table says what a .proto file in ../proto says, and the test holds the two together. Reading is strict: what ends
 * before its content does is a RangeError, and anything else that protobuf doesn't allow is an Error.
 */

/** How a value stands in the bytes: varint, 8 bytes, or a length and so many bytes. */
type Wire = 0 | 1 | 2;

/** One field of a message. */
export interface Field<T> {
  readonly number: number;
  readonly wire: Wire;
  /** What a message without it has. */
  readonly empty: () => T;
  /** Whether a value needn't be written, as it is what a message without it has. */
  readonly isEmpty: (value: T) => boolean;
  /** Takes a value from the bytes; `before` is what has been read of the field so far. */
  readonly read: (from: Reader, before: T) => T;
  /** The values to write, one behind the other, each with the field's key in front. */
  readonly write: (to: Writer, value: T, key: () => void) => void;
}

/** What a message holds. */
export type MessageOf<M> = M extends Message<infer T> ? T : never;

/** A kind of message. */
export class Message<T extends object> {
  readonly #fields: readonly (readonly [keyof T, Field<T[keyof T]>])[];
  readonly #byNumber: ReadonlyMap<number, readonly [keyof T, Field<T[keyof T]>]>;

  constructor(fields: { readonly [K in keyof T]: Field<T[K]> }) {
    this.#fields = Object.entries(fields) as unknown as [keyof T, Field<T[keyof T]>][];
    this.#byNumber = new Map(this.#fields.map((entry) => [entry[1].number, entry]));
  }

  /**
   * Reads a message; fields that the table doesn't have are passed over.
   *
   * @throws RangeError where the bytes end too early, Error for anything else that is no protobuf
   */
  decode(bytes: Uint8Array): T {
    const from = new Reader(bytes);
    const message = {} as T;
    for (const [name, field] of this.#fields) message[name] = field.empty();
    while (!from.done) {
      const key = from.varint();
      const wire = key % 8;
      const [name, field] = this.#byNumber.get(Math.floor(key / 8)) ?? [];
      if (name === undefined || field === undefined || field.wire !== wire) from.skip(wire);
      else message[name] = field.read(from, message[name]);
    }
    return message;
  }

  /** Writes a message in the order of the table; what is undefined or null is left out. */
  encode(message: { readonly [K in keyof T]?: T[K] | null }): Uint8Array<ArrayBuffer> {
    const to = new Writer();
    for (const [name, field] of this.#fields) {
      const value = message[name];
      if (value === undefined || value === null || field.isEmpty(value)) continue;
      field.write(to, value, () => to.varint(field.number * 8 + field.wire));
    }
    return to.finish();
  }
}

/** A field that a message has once, or not at all. */
function single<T>(wire: Wire, empty: () => T, read: (from: Reader) => T, write: (to: Writer, value: T) => void) {
  return (number: number): Field<T> => ({
    number,
    wire,
    empty,
    isEmpty: (value) => value === 0 || value === '' || (value instanceof Uint8Array && value.length === 0),
    read,
    write(to, value, key) {
      key();
      write(to, value);
    },
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** uint32, an enum or uint64: whole numbers to 2^53 as they are, larger ones rounded. */
export const whole = single<number>(
  0,
  () => 0,
  (from) => from.varint(),
  (to, value) => to.varint(value),
);
export const fixed64 = single<number>(
  1,
  () => 0,
  (from) => Number(from.eight().getBigUint64(0, true)),
  (to, value) => to.eight((view) => view.setBigUint64(0, BigInt(value), true)),
);
export const double = single<number>(
  1,
  () => 0,
  (from) => from.eight().getFloat64(0, true),
  (to, value) => to.eight((view) => view.setFloat64(0, value, true)),
);
export const text = single<string>(
  2,
  () => '',
  (from) => decoder.decode(from.bytes()),
  (to, value) => to.bytes(encoder.encode(value)),
);
/** A view of the message's bytes. */
export const bytes = single<Uint8Array>(
  2,
  () => new Uint8Array(0),
  (from) => from.bytes(),
  (to, value) => to.bytes(value),
);

/** A message in a message; undefined where there is none. */
export function message<T extends object>(of: Message<T>, number: number): Field<T | undefined> {
  return single<T | undefined>(
    2,
    () => undefined,
    (from) => of.decode(from.bytes()),
    (to, value) => to.bytes(of.encode(value!)),
  )(number);
}

/** A field of which undefined says that it isn't there. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, empty: () => undefined, isEmpty: () => false } as Field<T | undefined>;
}

/** Any number of them. */
export function repeated<T>(field: Field<T>): Field<Exclude<T, undefined>[]> {
  type Value = Exclude<T, undefined>;
  return {
    number: field.number,
    wire: field.wire,
    empty: () => [],
    isEmpty: () => false,
    read(from, before) {
      before.push(field.read(from, field.empty()) as Value);
      return before;
    },
    write(to, values, key) {
      for (const value of values) field.write(to, value, key);
    },
  };
}

/** Names with numbers: a map<string, double>. */
export function numbersByName(number: number): Field<Record<string, number>> {
  const entry = message(new Message({ key: optional(text(1)), value: optional(double(2)) }), number);
  return {
    number,
    wire: 2,
    empty: () => ({}),
    isEmpty: () => false,
    read(from, before) {
      const { key = '', value = 0 } = entry.read(from, undefined)!;
      Object.defineProperty(before, key, { value, writable: true, enumerable: true, configurable: true });
      return before;
    },
    write(to, value, key) {
      for (const name of Object.keys(value)) entry.write(to, { key: name, value: value[name] }, key);
    },
  };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(all: Uint8Array) {
    this.#bytes = all;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1, count = 1; ; scale *= 128, count++) {
      const byte = this.#take(1)[0];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (count === 10) throw new Error('A number of more than ten bytes');
    }
  }

  eight(): DataView {
    const taken = this.#take(8);
    return new DataView(taken.buffer, taken.byteOffset, 8);
  }

  bytes(): Uint8Array {
    return this.#take(this.varint());
  }

  /** Passes over a value. */
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.#take(4);
    else throw new Error(`A field of wire type ${wire}`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError(`${end} bytes of ${this.#bytes.length}`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  varint(value: number): void {
    const at = this.#grow(10);
    let left = value;
    let count = 0;
    for (; left >= 128; left = Math.floor(left / 128)) this.#bytes[at + count++] = (left % 128) | 128;
    this.#bytes[at + count++] = left;
    this.#length = at + count;
  }

  eight(set: (view: DataView) => void): void {
    const at = this.#grow(8);
    set(new DataView(this.#bytes.buffer, at, 8));
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Where `more` bytes, which count from now on, begin. */
  #grow(more: number): number {
    const at = this.#length;
    this.#length += more;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}
