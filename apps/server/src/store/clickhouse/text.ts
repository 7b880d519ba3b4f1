/**
 * @file Values as SQL and as rows have them: nothing that comes from outside reaches the database but through here.
 *
 * ClickHouse 18.16 has no query parameters. A text is bytes; what could end a literal or a field, and what C takes for an
 * end, is escaped.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};
const SPECIAL = /[\\'\0\b\f\n\r\t]/g;

/** A text as a literal. */
export function literal(text: string): string {
  return `'${escaped(text)}'`;
}

/** A text without what ends a literal or a field. */
export function escaped(text: string): string {
  return text.replace(SPECIAL, (character) => ESCAPES[character]);
}

/** A list of literals as an array. */
export function literals(texts: Iterable<string>): string {
  return `[${Array.from(texts, literal).join(',')}]`;
}

/** Bytes of a field that holds any bytes. */
export function escapedBytes(bytes: Uint8Array): Uint8Array {
  return Buffer.from(escaped(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')), 'latin1');
}

/** A number as a literal that is no integer: lists of both kinds have no type. */
export function float(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.`;
}
