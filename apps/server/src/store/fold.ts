/** @file A gallery file and the journals that continue it, as one gallery file: for compactions and snapshots. */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { PatchItem } from '@dqn/format';
import type { Codebook } from '@dqn/pq';
import { openGalleryIndex } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import { identityOf, openGalleryFile } from './base.ts';
import { type Files, readFully, type StoreFile, writeFully } from './files.ts';
import { damaged } from './journal.ts';
import { FRAME, unpackChanges } from './journal-format.ts';
import { frames, readHeader } from './journal-scan.ts';

/** Bytes gathered before they are written. */
const BUFFER_BYTES = 2 ** 20;

/** What to fold: numbers and texts only, so that a thread can be told. */
export interface FoldInput {
  /** The gallery file. */
  readonly path: string;
  /** What it is expected to be. */
  readonly identity: string;
  /** In their order; each up to `end`. */
  readonly journals: readonly { readonly path: string; readonly end: number }[];
  readonly codebook: Codebook;
  readonly thumbnailType: string;
  /** A new file. */
  readonly target: string;
}

/** What became of it. */
export interface Folded {
  readonly identity: string;
  readonly items: number;
  readonly bytes: number;
}

interface Folding extends PatchItem {
  readonly code: Uint8Array;
}

/**
 * Writes the new file, synced. After a failure there is none.
 *
 * @throws FormatError or ServerError for damage; the system's errors; the signal's reason
 */
export async function fold(files: Files, input: FoldInput, signal?: AbortSignal): Promise<Folded> {
  const { path, identity, journals, codebook, thumbnailType, target } = input;
  const open: { close(): Promise<void> }[] = [];
  try {
    const opened = await openGalleryFile(files, path, signal);
    const { gallery } = opened;
    open.push(gallery);
    if (opened.identity !== identity) {
      throw new ServerError(
        'JOURNAL_MISMATCH',
        `${path} was replaced by another file meanwhile. Start the server again.`,
      );
    }
    const { meta } = gallery;
    const classes = [...meta.classes];
    const classOf = new Map(classes.map((name, i) => [name, i]));
    const toClass = (name: string) => {
      if (!classOf.has(name)) classOf.set(name, classes.push(name) - 1);
      return classOf.get(name)!;
    };
    const changes = new Map<number, Folding | undefined>();
    let { rows } = meta;
    for (const journal of journals) {
      const file = await files.open(journal.path, 'r');
      open.push(file);
      const header = await readHeader(file);
      if (header === undefined) throw damaged(journal.path, 0, 'its header has changed');
      const all = frames(file, header, journal.end);
      let next = await all.next();
      for (; !next.done; next = await all.next()) {
        signal?.throwIfAborted();
        const { kind, at, content } = next.value;
        if (kind !== FRAME.changes) continue;
        for (const change of unpackChanges(content, header)) {
          if (change.kind === 'remove') {
            changes.set(change.slot, undefined);
            continue;
          }
          const { slot, id, metadataAt, metadataLength, thumbnailLength } = change;
          const labels = change.labels.map(toClass);
          rows = Math.max(rows, slot + 1);
          changes.set(slot, {
            id,
            code: change.code.slice(),
            labels,
            metadata: content.slice(metadataAt, metadataAt + metadataLength),
            thumbnailLength,
            thumbnail: () => read(file, journal.path, at + metadataAt + metadataLength + 4, thumbnailLength),
          });
        }
      }
      if (next.value.end !== journal.end) throw damaged(journal.path, next.value.end, 'it was whole before');
    }
    const index = await openGalleryIndex(gallery, codebook, { threads: 0 });
    open.push({ close: async () => index.close() });
    const items = new Map<number, Folding>();
    const gone: number[] = [];
    for (const [slot, item] of changes) {
      if (item === undefined) gone.push(slot);
      else items.set(slot, item);
    }
    if (items.size > 0) index.upsert(items.keys(), joined([...items.values()], meta.M));
    index.remove(gone);
    await index.merge({ signal });
    const removed: number[] = [];
    for (let row = 0; row < rows; row++) if (!index.has(row)) removed.push(row);
    const chunks = await gallery.patched(
      { rows, removed: Uint32Array.from(removed), items, image: await index.image(), classes, thumbnailType },
      signal,
    );
    const bytes = await writeNew(files, target, chunks, signal);
    return { ...bytes, items: index.count };
  } finally {
    for (const one of open.reverse()) await one.close().catch(() => undefined);
  }
}

/** Where a file is written before it takes its name; `removeParts` finds what was left of it. */
export function partOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
}

/** Writes a new file, synced. After a failure there is none. */
export async function writeNew(
  files: Files,
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<{ identity: string; bytes: number }> {
  const file = await files.open(path, 'wx+');
  try {
    const buffer = new Uint8Array(BUFFER_BYTES);
    let filled = 0;
    let at = 0;
    const write = async (bytes: Uint8Array) => {
      signal?.throwIfAborted();
      await writeFully(file, bytes, at);
      at += bytes.length;
    };
    for await (const chunk of chunks) {
      if (filled + chunk.length > BUFFER_BYTES) {
        await write(buffer.subarray(0, filled));
        filled = 0;
      }
      if (chunk.length >= BUFFER_BYTES) await write(chunk);
      else {
        buffer.set(chunk, filled);
        filled += chunk.length;
      }
    }
    await write(buffer.subarray(0, filled));
    await file.sync();
    const identity = await identityOf(file);
    await file.close();
    return { identity, bytes: at };
  } catch (error) {
    await file.close().catch(() => undefined);
    await files.remove(path).catch(() => undefined);
    throw error;
  }
}

async function read(file: StoreFile, path: string, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if ((await readFully(file, bytes, at)) === length) return bytes;
  throw damaged(path, at, 'it was whole before');
}

function joined(items: readonly Folding[], M: number): Uint8Array {
  const codes = new Uint8Array(items.length * M);
  for (const [i, { code }] of items.entries()) codes.set(code, i * M);
  return codes;
}
