/** @file What stands in a file, as text. */

/** Tells whether some bytes stand at a place; each character of the text is one. */
export function startsAs(bytes: Uint8Array): (at: number, text: string) => boolean {
  return (at, text) => [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
}
