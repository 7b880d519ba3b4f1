/** @file From the disk into memory: a gallery file, its index, and what the journal says of both. */
import { dirname } from 'node:path';
import { type Gallery, type IdKind, verifyTogether, writeGallery } from '@dqn/format';
import type { PqIndex } from '@dqn/pq';
import { openGalleryIndex, type SearchCodebook } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import { openGalleryFile, readBase } from './base.ts';
import type { Files } from './files.ts';
import { partOf, writeNew } from './fold.ts';
import { Items } from './items.ts';
import { Journal } from './journal.ts';
import { FRAME, unpackChanges } from './journal-format.ts';
import { frames } from './journal-scan.ts';

/** What to open. */
export interface OpenPlace {
  readonly files: Files;
  /** The gallery file itself, not a link to it. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly codebook: SearchCodebook;
}

/** What is open. */
export interface Opened {
  readonly items: Items;
  readonly journal: Journal;
  readonly thumbnailType: string;
  /** What was cut off at the journal's end. */
  readonly cut: { readonly path: string; readonly bytes: number } | undefined;
}

/**
 * Opens a gallery file and its journal.
 *
 * @throws FormatError, PqError for damage; `CODEBOOK_MISMATCH`; ServerError `JOURNAL_DAMAGED`, `JOURNAL_MISMATCH`
 */
export async function openPlace({ files, path, readOnly, codebook: of }: OpenPlace): Promise<Opened> {
  const opened = await openGalleryFile(files, path);
  const { gallery, identity } = opened;
  let journal: Journal | undefined;
  let index: PqIndex | undefined;
  try {
    const { meta } = gallery;
    verifyTogether({ ...of, gallery: meta });
    const place = { files, path, idKind: meta.idKind, M: meta.M, codebookSha256: meta.codebookSha256 };
    const journals = await Journal.open(place, identity, readOnly);
    journal = journals.journal;
    // What was opened is read as it was, whatever takes its place meanwhile.
    const opening = openGalleryIndex(gallery, of.codebook);
    const [base, free] = await Promise.all([readBase(opened), gallery.removed(), opening]);
    index = await opening;
    // The first query compiles kernels and takes memory: better now than under somebody's query.
    if (index.count > 0) index.search(new Float32Array(of.codebook.D), { k: 1, filter: { ids: [] } });
    const items = new Items(base, index, { idKind: meta.idKind, classes: meta.classes, free: reversed(free) });
    await replay(items, journal);
    if (!readOnly) warm(items);
    return { items, journal, thumbnailType: meta.thumbnailType, cut: journals.cut };
  } catch (error) {
    await journal?.close();
    index?.close();
    await gallery.close();
    throw error;
  }
}

/** What the first write would have to make. */
function warm({ index, slots }: Items): void {
  index.upsert([slots], new Uint8Array(index.M));
  index.remove([slots]);
}

/** Writes an empty gallery. @throws the system's errors */
export async function createEmpty(
  files: Files,
  path: string,
  { codebook, codebookSha256 }: SearchCodebook,
  o: { idKind: IdKind; thumbnailType: string },
): Promise<void> {
  const { M, K, classes } = codebook;
  const ids = { string: [], u32: new Uint32Array(0), u64: new BigUint64Array(0) }[o.idKind];
  const bytes = writeGallery({
    ...{ codebookSha256, M, K, classes, codes: new Uint8Array(0), items: { count: 0, ids } },
    thumbnailType: o.thumbnailType,
  });
  const part = partOf(path);
  await writeNew(files, part, [bytes]);
  await files.rename(part, path);
  await files.syncFolder(dirname(path));
}

/** The smallest slot is given first. */
function reversed(rows: Uint32Array): Uint32Array {
  return rows.slice().reverse();
}

/** Applies what the journal holds; the last change of a slot is the one that counts. */
async function replay(items: Items, journal: Journal): Promise<void> {
  const { index } = items;
  if (journal.parts.length === 0) return;
  const last = new Map<number, Uint8Array | undefined>();
  for (const part of journal.parts) {
    for await (const { kind, at, content } of frames(part.file.value, part.header, part.end)) {
      if (kind !== FRAME.changes) continue;
      for (const change of unpackChanges(content, part.header)) {
        const { slot } = change;
        if (change.kind === 'remove') {
          last.set(slot, undefined);
          items.replayRemove(slot);
          continue;
        }
        const { id, labels, metadataAt, metadataLength, thumbnailLength } = change;
        last.set(slot, change.code.slice());
        items.replayPut(slot, id, labels, { part, metadataAt: at + metadataAt, metadataLength, thumbnailLength });
      }
    }
  }
  const slots: number[] = [];
  const gone: number[] = [];
  for (const [slot, code] of last) (code === undefined ? gone : slots).push(slot);
  const codes = new Uint8Array(slots.length * index.M);
  for (const [i, slot] of slots.entries()) codes.set(last.get(slot)!, i * index.M);
  index.upsert(slots, codes);
  index.remove(gone);
  items.replayed();
}

/** What a gallery file that took the old one's place says. @throws ServerError `JOURNAL_MISMATCH` for any other */
export async function openFolded(files: Files, path: string, identity: string): ReturnType<typeof openGalleryFile> {
  const opened = await openGalleryFile(files, path);
  if (opened.identity === identity) return opened;
  await (opened.gallery as Gallery).close();
  throw new ServerError('JOURNAL_MISMATCH', `${path} was replaced by another file meanwhile. Start the server again.`);
}
