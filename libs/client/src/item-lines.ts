/** @file Items as JSON lines, in parts that a server takes at once. */

/** A part. */
export interface Part {
  readonly text: string;
  /** Position of its first item among all. */
  readonly from: number;
}

/** Characters and items of a part: enough that its way there and back is no matter. */
const CHARACTERS = 8 * 1024 * 1024;
const ITEMS = 10_000;

/** Cuts items into parts, in their order. */
export async function* itemLines(items: Iterable<object> | AsyncIterable<object>): AsyncGenerator<Part> {
  let lines: string[] = [];
  let characters = 0;
  let from = 0;
  for await (const item of items) {
    const line = JSON.stringify(item);
    if (lines.length > 0 && (lines.length >= ITEMS || characters + line.length > CHARACTERS)) {
      yield { text: lines.join('\n'), from };
      from += lines.length;
      lines = [];
      characters = 0;
    }
    lines.push(line);
    characters += line.length + 1;
  }
  if (lines.length > 0) yield { text: lines.join('\n'), from };
}
