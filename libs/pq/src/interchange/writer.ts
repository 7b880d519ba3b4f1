/** @file Writing little-endian numbers into bytes whose number is known. */

/** Fills bytes from the front. */
export class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** One byte a character. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.#offset++] = text.charCodeAt(i);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  u8(value: number): void {
    this.bytes[this.#offset++] = value;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#offset, value, true);
    this.#offset += 2;
  }

  i32(value: number): void {
    this.#view.setInt32(this.#offset, value, true);
    this.#offset += 4;
  }

  f32(value: number): void {
    this.#view.setFloat32(this.#offset, value, true);
    this.#offset += 4;
  }

  i64(value: number): void {
    this.#view.setBigInt64(this.#offset, BigInt(value), true);
    this.#offset += 8;
  }
}
