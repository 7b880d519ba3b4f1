/** @file JSON lines, read as they come. */

import { ServerError } from '../errors.ts';

/** A line: what it holds, or why it can't be read. */
export type Line = { readonly bytes: number } & ({ readonly value: unknown } | { readonly error: ServerError });

const NEWLINE = 10;

/**
 * The lines of a stream; empty ones are passed over.
 *
 * @param limit bytes of a line at most
 * @throws ServerError `TOO_LARGE` for a line that is longer: what follows it can't be trusted to be lines
 */
export async function* readJsonLines(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      const end = Buffer.from(chunk.buffer, chunk.byteOffset + from, to - from);
      const line = held.length > 0 ? Buffer.concat([...held, end]) : end;
      if (line.length > limit) throw tooLong(limit);
      held = [];
      bytes = 0;
      from = to + 1;
      const parsed = parse(line);
      if (parsed) yield parsed;
    }
    if (from < chunk.length) {
      // A copy: the chunk may be large, and the rest of it small.
      held.push(Buffer.from(chunk.subarray(from)));
      bytes += chunk.length - from;
      if (bytes > limit) throw tooLong(limit);
    }
  }
  const last = parse(Buffer.concat(held));
  if (last) yield last;
}

function parse(line: Buffer): Line | undefined {
  const text = line.toString('utf8').trim();
  if (text === '') return undefined;
  const bytes = line.length;
  try {
    return { bytes, value: JSON.parse(text) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { bytes, error: new ServerError('BAD_REQUEST', `The line is no JSON: ${reason}.`, { cause }) };
  }
}

function tooLong(limit: number): ServerError {
  return new ServerError('TOO_LARGE', `A line has more than ${limit} bytes; items come one a line.`);
}
