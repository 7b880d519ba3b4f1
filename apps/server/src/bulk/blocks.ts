/** @file A stream of lines, cut where lines end. */

import { ServerError } from '../errors.ts';

const NEWLINE = 10;

/**
 * The bytes of a stream in blocks of whole lines, each in memory of its own; the last one may lack its newline.
 *
 * @param limit bytes of a line at most
 * @throws ServerError `TOO_LARGE` for a line that is longer: what follows it can't be trusted to be lines
 */
export async function* blocksOfLines(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  /** The beginning of a line, in pieces. */
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    const last = chunk.lastIndexOf(NEWLINE) + 1;
    if (last > 0) {
      if (bytes + chunk.indexOf(NEWLINE) > limit) throw tooLong(limit);
      yield joined([...held, chunk.subarray(0, last)]);
      held = [];
      bytes = 0;
    }
    if (last === chunk.length) continue;
    // A copy: the chunk may be large, and the rest of it small.
    held.push(chunk.slice(last));
    bytes += chunk.length - last;
    if (bytes > limit) throw tooLong(limit);
  }
  if (bytes > 0) yield joined(held);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function tooLong(limit: number): ServerError {
  return new ServerError('TOO_LARGE', `A line has more than ${limit} bytes; items come one a line.`);
}
