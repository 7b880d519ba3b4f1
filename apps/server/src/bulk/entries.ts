/** @file What a stream of items asks, entry by entry. */

import { ServerError } from '../errors.ts';
import { checker } from '../http/validate.ts';
import type { NewItem } from '../items.ts';
import { type Context, toImage } from '../routes/context.ts';
import { thumbnailOf, toItem } from '../routes/items.ts';
import { sidecarSchema } from '../schemas/items.ts';
import type { ItemId, Metadata } from '../store/store.ts';
import { blocksOfLines } from './blocks.ts';
import type { LineThread } from './line-thread.ts';
import type { Line, Lines } from './lines.ts';
import { readTar } from './tar.ts';

/** An item to be put, an id to be removed, or what can't be done. */
export interface BulkEntry {
  /** undefined where it can't be told. */
  readonly id: ItemId | undefined;
  /** What it took in the stream. */
  readonly bytes: number;
  readonly ask: { readonly put: NewItem } | { readonly remove: ItemId } | { readonly fail: unknown };
}

/** Of JSON lines; what they ask is read by another thread, a block ahead. */
export async function* lineEntries(
  source: AsyncIterable<Uint8Array>,
  thread: LineThread,
  signal: AbortSignal,
  context: Context,
): AsyncGenerator<BulkEntry[]> {
  const blocks = blocksOfLines(source, context.limits.body);
  const next = async (): Promise<Lines | undefined> => {
    const { done, value } = await blocks.next();
    return done ? undefined : thread.read(value);
  };
  let reading = next();
  try {
    for (let read = await reading; read !== undefined; read = await reading) {
      reading = next();
      // It is heard of when it is its turn.
      reading.catch(() => undefined);
      yield await entriesOf(read, signal, context);
    }
  } finally {
    void blocks.return(undefined).catch(() => undefined);
  }
}

async function entriesOf({ lines, codes }: Lines, signal: AbortSignal, context: Context): Promise<BulkEntry[]> {
  const entries: BulkEntry[] = [];
  for (const line of lines) {
    const { id, bytes, fail } = line;
    if (fail) entries.push({ id, bytes, ask: { fail: new ServerError(fail.code, fail.message) } });
    else if (line.remove) entries.push({ id, bytes, ask: { remove: id! } });
    else if (line.url === undefined) entries.push({ id, bytes, ask: { put: putOf(line, codes, line.image, context) } });
    else entries.push(await fetched(line, signal, context));
  }
  return entries;
}

function putOf(line: Line, codes: Uint8Array, image: Uint8Array | undefined, context: Context): NewItem {
  const { id, row, labels, metadata } = line;
  const { M } = context.retriever.model.codebook;
  return {
    id: id!,
    code: row === undefined ? undefined : codes.subarray(row * M, (row + 1) * M),
    image,
    labels,
    metadata,
    thumbnail: thumbnailOf(line.thumbnail, image !== undefined, context),
  };
}

async function fetched(line: Line, signal: AbortSignal, context: Context): Promise<BulkEntry> {
  const { id, bytes, url } = line;
  try {
    const image = await toImage({ url: url! }, signal, context);
    return { id, bytes, ask: { put: putOf(line, NO_CODES, image, context) } };
  } catch (fail) {
    signal.throwIfAborted();
    return { id, bytes, ask: { fail } };
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

const NO_CODES = new Uint8Array(0);

const checkSidecar = checker<Sidecar>(sidecarSchema, 'The JSON file', 'json');

/** Of a tar: images, each with the JSON file of its name, on either side of it. */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  context: Context,
): AsyncGenerator<BulkEntry[]> {
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
): AsyncGenerator<BulkEntry[]> {
  if (image === undefined && about === undefined) return;
  const bytes = (image?.length ?? 0) + (about?.length ?? 0);
  try {
    if (image === undefined) throw new ServerError('NO_PICTURE', `${stem}.json has no picture beside it.`);
    const { id = name!, labels, metadata } = about ? checkSidecar(JSON.parse(about.toString('utf8'))) : {};
    const item = await toItem(id, { ...(labels && { labels }), ...(metadata && { metadata }) }, signal, context, image);
    yield [{ id, bytes, ask: { put: item } }];
  } catch (error) {
    const fail =
      error instanceof SyntaxError
        ? new ServerError('BAD_REQUEST', `${stem}.json is no JSON: ${error.message}.`, { cause: error })
        : error;
    yield [{ id: name ?? stem, bytes, ask: { fail } }];
  }
}
