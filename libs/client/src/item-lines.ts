/** @file Items as JSON lines, in parts that a server takes at once. */

/** A part. */
export interface Part {
  readonly text: string;
  /** Position of its first item among all. */
  readonly from: number;
}

/** All that is looked at of an item. */
interface Item {
  readonly image?: string | Uint8Array | undefined;
}

/** Characters and items of a part: enough that its way there and back is no matter, few enough to hear of them soon. */
const CHARACTERS = 4 * 1024 * 1024;
const ITEMS = 1000;

/** Cuts items into parts, in their order. */
export async function* itemLines(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Part> {
  let lines: string[] = [];
  let characters = 0;
  let from = 0;
  for await (const item of items) {
    const { image } = item;
    const line = JSON.stringify(image instanceof Uint8Array ? { ...item, image: toBase64(image) } : item);
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

function toBase64(bytes: Uint8Array): string {
  let text = '';
  // No call takes any number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
