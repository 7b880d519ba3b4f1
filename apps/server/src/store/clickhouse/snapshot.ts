/** @file All items of a database as a gallery file. */
import type { CodebookFile, GalleryItem, ItemMetadata } from '@dqn/format';
import { galleryChunks } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { createIndex } from '@dqn/pq';
import { toKept } from '../ids.ts';
import type { ItemReads } from './lookup.ts';
import { codeColumns, type GalleryFacts } from './schema.ts';

/** What is written. */
export interface SnapshotPlace extends ItemReads {
  readonly facts: GalleryFacts;
  readonly codebook: CodebookFile;
  /** Names of the classes, asked for when all items were read. */
  readonly classes: () => readonly string[];
}

interface Row {
  readonly id: string;
  readonly code: readonly number[];
  readonly labels: readonly string[];
  readonly metadata: string;
  readonly hasThumbnail: number;
  readonly version: string;
}

/** Thumbnails that are read at a time. */
const THUMBNAILS_AT_ONCE = 1000;

/**
 * Writes one state of the database, in the order of ids. Everything but the index is held in memory meanwhile.
 *
 * @throws FormatError `DISK_FULL` …; the signal's reason
 */
export async function writeSnapshot(place: SnapshotPlace, path: string, signal?: AbortSignal): Promise<void> {
  const { engine, all, facts, codebook } = place;
  const byId = facts.idKind === 'string' ? 'id' : 'length(id), id';
  const rows = new Map<string, Omit<Row, 'id' | 'code'> & { code: Uint8Array }>();
  const states = engine.stream<Row>(
    `SELECT id, [${codeColumns(facts.M)}] AS code, labels, metadata, hasThumbnail, version FROM ${all.items} FINAL ` +
      `WHERE deleted = 0 ORDER BY ${byId}, version`,
    { signal, timeout: 0 },
  );
  for await (const { id, code, ...row } of states) rows.set(id, { ...row, code: Uint8Array.from(code) });
  const thumbnails = await thumbnailsOf(place, rows, signal);
  const classes = [...place.classes()];
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, classes.length);
    return classes.push(name) - 1;
  };
  const codes = new Uint8Array(rows.size * facts.M);
  const items: GalleryItem[] = [];
  for (const [text, { code, labels, metadata }] of rows) {
    codes.set(code, items.length * facts.M);
    const thumbnail = thumbnails.get(text);
    items.push({
      id: toKept(text, facts.idKind)!,
      labels: labels.map(numberOf).sort((x, y) => x - y),
      ...(metadata !== '' && { metadata: JSON.parse(metadata) as ItemMetadata }),
      ...(thumbnail && { thumbnail }),
    });
  }
  using index = await createIndex({ codebook, codes, threads: 1, signal });
  const { M, K, codebookSha256, thumbnailType } = facts;
  const chunks = galleryChunks({
    ...{ codebookSha256, M, K, classes, thumbnailType, image: await index.image() },
    items:
      items.length === 0
        ? { count: 0, ids: { string: [], u32: new Uint32Array(0), u64: new BigUint64Array(0) }[facts.idKind] }
        : items,
  });
  await writeFileAtomic(path, chunks, { signal });
}

async function thumbnailsOf(
  { engine, dialect, all }: SnapshotPlace,
  rows: ReadonlyMap<string, Pick<Row, 'hasThumbnail' | 'version'>>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const wanted = [...rows.keys()].filter((id) => rows.get(id)!.hasThumbnail === 1);
  for (let from = 0; from < wanted.length; from += THUMBNAILS_AT_ONCE) {
    const part = wanted.slice(from, from + THUMBNAILS_AT_ONCE);
    const read = await engine.query<{ id: string; version: string; hexed: string }>(
      `SELECT id, version, hex(bytes) AS hexed FROM ${all.thumbnails} WHERE id IN ${dialect.texts(part)}`,
      { signal },
    );
    for (const { id, version, hexed } of read) {
      if (rows.get(id)!.version === version) found.set(id, new Uint8Array(Buffer.from(hexed, 'hex')));
    }
  }
  return found;
}
