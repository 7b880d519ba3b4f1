/** @file What a stream of items asks, entry by entry. */

import { ServerError } from '../errors.ts';
import type { NewItem } from '../items.ts';
import type { Context } from '../routes/context.ts';
import { type JsonItem, toItem } from '../routes/items.ts';
import { itemLineSchema, sidecarSchema } from '../schemas/items.ts';
import type { ItemId, Metadata } from '../store/store.ts';
import { readJsonLines } from './json-lines.ts';
import { readTar } from './tar.ts';
import { checker } from './validate.ts';

/** An item to be put, an id to be removed, or what can't be done. */
export interface BulkEntry {
  /** undefined where it can't be told. */
  readonly id: ItemId | undefined;
  /** What it took in the stream. */
  readonly bytes: number;
  readonly ask: { readonly put: NewItem } | { readonly remove: ItemId } | { readonly fail: unknown };
}

type JsonLine = JsonItem & { readonly id: ItemId; readonly remove?: true };

const checkLine = checker<JsonLine>(itemLineSchema, 'The line', 'json');

/** Of JSON lines: `{"id", "vector" | "code" | "image" | "url", "labels", "metadata"}` or `{"id", "remove": true}`. */
export async function* jsonEntries(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  context: Context,
): AsyncGenerator<BulkEntry> {
  for await (const line of readJsonLines(source, context.limits.body)) {
    let id: ItemId | undefined;
    const { bytes } = line;
    try {
      if ('error' in line) throw line.error;
      id = idOf(line.value);
      const item = checkLine(line.value);
      if (item.remove) yield { id: item.id, bytes, ask: { remove: item.id } };
      else yield { id: item.id, bytes, ask: { put: await toItem(item.id, item, signal, context) } };
    } catch (fail) {
      signal.throwIfAborted();
      yield { id, bytes, ask: { fail } };
    }
  }
}

interface Sidecar {
  readonly id?: ItemId;
  readonly labels?: readonly string[];
  readonly metadata?: Metadata;
}

interface Held {
  readonly stem: string;
  readonly name?: string;
  readonly image?: Buffer;
  readonly about?: Buffer;
}

const checkSidecar = checker<Sidecar>(sidecarSchema, 'The JSON file', 'json');

/** Of a tar: images, each with the JSON file of its name, on either side of it. */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  context: Context,
): AsyncGenerator<BulkEntry> {
  let held: Held = { stem: '' };
  for await (const { name, bytes } of readTar(source, context.limits.body)) {
    const path = name.replace(/^(\.\/)+/, '');
    const base = path.slice(path.lastIndexOf('/') + 1);
    // What an operating system put there: .DS_Store, ._photo.jpg.
    if (base === '' || base.startsWith('.')) continue;
    const dot = base.lastIndexOf('.');
    const stem = dot > 0 ? path.slice(0, path.length - base.length + dot) : path;
    const isAbout = path.endsWith('.json');
    if (stem !== held.stem || (isAbout ? held.about : held.image)) {
      yield* itemOf(held, signal, context);
      held = { stem };
    }
    held = isAbout ? { ...held, about: bytes } : { ...held, name: path, image: bytes };
  }
  yield* itemOf(held, signal, context);
}

async function* itemOf(
  { stem, name, image, about }: Held,
  signal: AbortSignal,
  context: Context,
): AsyncGenerator<BulkEntry> {
  if (image === undefined && about === undefined) return;
  const bytes = (image?.length ?? 0) + (about?.length ?? 0);
  try {
    if (image === undefined) throw new ServerError('NO_PICTURE', `${stem}.json has no picture beside it.`);
    const { id = name!, labels, metadata } = about ? checkSidecar(JSON.parse(about.toString('utf8'))) : {};
    const item = await toItem(id, { ...(labels && { labels }), ...(metadata && { metadata }) }, signal, context, image);
    yield { id, bytes, ask: { put: item } };
  } catch (error) {
    const fail =
      error instanceof SyntaxError
        ? new ServerError('BAD_REQUEST', `${stem}.json is no JSON: ${error.message}.`, { cause: error })
        : error;
    yield { id: name ?? stem, bytes, ask: { fail } };
  }
}

function idOf(value: unknown): ItemId | undefined {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
