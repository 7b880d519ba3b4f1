/**
 * @file Adds to a gallery without rewriting it. Where its bytes go is a port, so that a test can stop it at any of them.
 *
 * FORMAT.md tells the order of writes, and why the file holds its last whole state at every moment between them.
 */
import { FormatError } from '../errors.ts';
import { sha256 } from '../sha256.ts';
import type { ByteSource } from '../source.ts';
import { joinRemoved } from './codes.ts';
import { bad, type Columns, checkColumns, checkFlat, type GalleryColumns, toColumns } from './content.ts';
import { decodeDirectory, encodeDirectory } from './directory.ts';
import { type IdTable, readIdTable } from './id-table.ts';
import { aligned, MOST_ROWS } from './layout.ts';
import { addMerged } from './merge.ts';
import type { GalleryItem, GalleryMeta, IdKind, ItemId } from './meta.ts';
import { addSegment, SectionList } from './sections.ts';
import type { GalleryState, Segment } from './state.ts';
import { SectionReader } from './stored.ts';
import { POINTER_AT, packSlot, pointerTo } from './superblock.ts';
import { crowded } from './tail.ts';
import { sectionChunks } from './write.ts';

/** A file that can be written at any place. */
export interface AppendFile extends ByteSource {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Returns when everything written is on the disk. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
}

/** Items to add, with their codes. */
export interface Addition {
  /** Not to be changed before the commit. */
  readonly items: readonly GalleryItem[] | GalleryColumns;
  /** [items, M] row-major. */
  readonly codes: Uint8Array;
  /** What the items' labels index; the gallery's classes unless told. Names that the gallery lacks are added to it. */
  readonly classes?: readonly string[] | undefined;
  /** Media type of the thumbnails; the gallery's unless told. */
  readonly thumbnailType?: string | undefined;
}

/** Items to remove: by their ids or by their rows. */
export type Removal = { readonly ids: Iterable<ItemId> } | { readonly rows: Iterable<number> };

interface Batch {
  readonly columns: Columns;
  readonly codes: Uint8Array;
  /** Labels of the batch to classes of the gallery. */
  readonly classOf: readonly number[];
}

/** What is not yet in the file. */
interface Pending {
  batches: Batch[];
  rows: number;
  removed: Set<number>;
  classes: readonly string[];
  thumbnailType: string;
}

/** Adds to one file. One operation at a time. */
export class Appender {
  readonly #file: AppendFile;
  readonly #reader: SectionReader;
  #state: GalleryState;
  #pending: Pending;
  #table: IdTable | undefined;
  /** Rows that are gone, with those that will be after the next commit. */
  #gone: Set<number> | undefined;
  #broken: unknown;

  /** @param state the file's, of schema version 2 */
  constructor(file: AppendFile, state: GalleryState) {
    this.#file = file;
    this.#reader = new SectionReader(file, true);
    this.#state = state;
    this.#pending = nothing(state.meta);
  }

  /** What is in the file. */
  get state(): GalleryState {
    return this.#state;
  }

  /** Rows and removals that the next commit will write. */
  get pending(): { rows: number; removed: number } {
    return { rows: this.#pending.rows, removed: this.#pending.removed.size };
  }

  /** Adds items; gives the row of the first. See `GalleryWriter.append`. */
  async append(addition: Addition, o: { upsert: boolean; signal?: AbortSignal | undefined }): Promise<number> {
    this.#checkUsable();
    const { meta } = this.#state;
    const { M, K } = meta;
    const first = meta.rows + this.#pending.rows;
    const { classes, classOf } = this.#classes(addition.classes);
    const thumbnailType = this.#thumbnailType(addition.thumbnailType);
    const columns = withIds(toColumns(addition.items, meta.idKind), first, meta.idKind);
    checkFlat(addition.codes, M, K, columns.count);
    if (first + columns.count > MOST_ROWS) throw bad(`With these ${columns.count} items there would be too many rows.`);
    checkColumns(columns, { classes: addition.classes ?? classes, thumbnailType, gone: new Set() });
    const table = await this.#ids(o.signal);
    const gone = await this.#removedRows(o.signal);
    const replaced: number[] = [];
    for (let i = 0; i < columns.count; i++) {
      const row = table.find(columns.ids![i]);
      if (row === undefined || gone.has(row)) continue;
      if (!o.upsert) throw taken(columns.ids![i], row);
      replaced.push(row);
    }
    // From here on nothing fails.
    for (const row of replaced) this.#remove(row, gone);
    for (let i = 0; i < columns.count; i++) table.set(columns.ids![i], first + i);
    this.#pending.batches.push({ columns, codes: addition.codes.slice(), classOf });
    this.#pending.rows += columns.count;
    this.#pending.classes = classes;
    this.#pending.thumbnailType = thumbnailType;
    return first;
  }

  /** Removes items; gives how many there were. See `GalleryWriter.remove`. */
  async remove(removal: Removal, signal?: AbortSignal): Promise<number> {
    this.#checkUsable();
    const gone = await this.#removedRows(signal);
    const rows = new Set<number>();
    if ('ids' in removal) {
      const table = await this.#ids(signal);
      const type = { string: 'string', u32: 'number', u64: 'bigint' }[this.#state.meta.idKind];
      for (const id of removal.ids) {
        if (typeof id !== type) throw bad(`${String(id)} (${typeof id}) is no id of it; they are of type ${type}.`);
        rows.add(table.find(id) ?? -1);
      }
    } else {
      const count = this.#state.meta.rows + this.#pending.rows;
      for (const row of removal.rows) {
        if (!Number.isInteger(row) || row < 0 || row >= count) {
          throw new FormatError('NO_SUCH_ROW', `Row ${row} can't be removed; there are rows 0 to ${count - 1}.`);
        }
        rows.add(row);
      }
    }
    let removed = 0;
    for (const row of rows) {
      if (row < 0 || gone.has(row)) continue;
      this.#remove(row, gone);
      removed++;
    }
    return removed;
  }

  /**
   * Writes what is pending; the file holds the state before or the state after, whatever happens.
   *
   * @param o `guard` throws when the file is not the caller's any more: then nothing is written, nor anything cut off
   */
  async commit(o: { signal?: AbortSignal | undefined; guard?: () => Promise<void> } = {}): Promise<void> {
    this.#checkUsable();
    const { batches, rows, removed, classes, thumbnailType } = this.#pending;
    if (rows > 0 || removed.size > 0) {
      await this.#publish({ ...this.#state.meta, classes, thumbnailType }, o, async (list) => [
        ...this.#state.segments,
        addSegment(list, this.#state.meta.rows, joinBatches(batches, this.#state.meta.idKind), {
          codes: joinCodes(batches),
          removed: Uint32Array.from(removed).sort(),
        }),
      ]);
      this.#pending = nothing(this.#state.meta);
    }
    await this.#drawTogether(o);
  }

  /** Merges the last segments when there are many small ones. What was committed stands whether or not this works. */
  async #drawTogether(o: { signal?: AbortSignal | undefined; guard?: () => Promise<void> }): Promise<void> {
    const { segments, meta } = this.#state;
    const count = crowded(segments);
    if (count === 0) return;
    const last = segments.slice(-count);
    try {
      await this.#publish(meta, o, async (list) => {
        const lists = await Promise.all(last.map((one) => one.removed && this.#reader.whole(one.removed, o.signal)));
        const merged = await addMerged(list, {
          ...{ reader: this.#reader, segments: last, idKind: meta.idKind, codes: true, signal: o.signal },
          removed: joinRemoved(lists, last),
          gone: new Set(),
        });
        return [...segments.slice(0, -count), merged];
      });
    } catch (error) {
      // The next commit tries again, unless nobody knows which state holds.
      if (this.#broken !== undefined) throw error;
    }
  }

  /** Writes sections, a directory and the slot behind the state that holds, then turns the pointer. */
  async #publish(
    meta: GalleryMeta,
    { signal, guard }: { signal?: AbortSignal | undefined; guard?: () => Promise<void> },
    addTo: (list: SectionList) => Promise<Segment[]>,
  ): Promise<void> {
    const before = this.#state;
    const list = new SectionList(before.fileLength);
    let slot: Parameters<typeof packSlot>[0];
    let state: GalleryState;
    try {
      const segments = await addTo(list);
      const directory = encodeDirectory({ meta, image: before.meta.index, parts: before.parts, segments });
      const fileLength = aligned(list.end + directory.length);
      const generation = before.meta.generation + 1;
      state = decodeDirectory(directory, generation, fileLength);
      await guard?.();
      if (this.#file.size > before.fileLength) await this.#file.truncate(before.fileLength);
      await this.#writeAll(before.fileLength, sectionChunks(list.planned), signal);
      const padded = new Uint8Array(fileLength - list.end);
      padded.set(directory);
      await this.#file.write(list.end, padded);
      await this.#file.sync();
      slot = {
        generation,
        fileLength,
        directoryOffset: list.end,
        directoryLength: directory.length,
        directorySha256: sha256(directory),
      };
      const sector = packSlot(slot);
      // Writing the sections may have taken long.
      await guard?.();
      await this.#file.write(sector.offset, sector.bytes);
      await this.#file.sync();
      signal?.throwIfAborted();
      await guard?.();
    } catch (error) {
      // The state before holds. What is behind it is cut off now or by the next writer, unless it is somebody else's.
      const isMine =
        guard === undefined ||
        (await guard().then(
          () => true,
          () => false,
        ));
      if (isMine) await this.#file.truncate(before.fileLength).catch(() => undefined);
      throw error;
    }
    try {
      await this.#file.write(POINTER_AT, Uint8Array.of(pointerTo(slot)));
      await this.#file.sync();
    } catch (error) {
      // Either state may hold now: whoever opens the file anew will see which.
      this.#broken = error;
      throw error;
    }
    this.#state = state;
  }

  async #writeAll(start: number, chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const buffer = new Uint8Array(2 ** 20);
    let filled = 0;
    let at = start;
    const write = async (bytes: Uint8Array) => {
      signal?.throwIfAborted();
      if (bytes.length > 0) await this.#file.write(at, bytes);
      at += bytes.length;
    };
    for await (const chunk of chunks) {
      if (filled + chunk.length > buffer.length) {
        await write(buffer.subarray(0, filled));
        filled = 0;
      }
      if (chunk.length >= buffer.length) {
        await write(chunk);
      } else {
        buffer.set(chunk, filled);
        filled += chunk.length;
      }
    }
    await write(buffer.subarray(0, filled));
  }

  #remove(row: number, gone: Set<number>): void {
    gone.add(row);
    this.#pending.removed.add(row);
  }

  #classes(given: readonly string[] | undefined): { classes: readonly string[]; classOf: readonly number[] } {
    const classes = [...this.#pending.classes];
    const classOf = (given ?? classes).map((name, i) => {
      if (given === undefined) return i;
      const known = classes.indexOf(name);
      return known >= 0 ? known : classes.push(name) - 1;
    });
    return { classes, classOf };
  }

  #thumbnailType(given: string | undefined): string {
    const { thumbnailType } = this.#pending;
    if (given === undefined || thumbnailType === '' || given === thumbnailType) return given ?? thumbnailType;
    throw bad(`Its thumbnails are ${thumbnailType}, those of the new items ${given}; a gallery has one type.`);
  }

  async #ids(signal?: AbortSignal): Promise<IdTable> {
    this.#table ??= await readIdTable(this.#reader, this.#state, await this.#removedRows(signal), signal);
    return this.#table;
  }

  async #removedRows(signal?: AbortSignal): Promise<Set<number>> {
    if (this.#gone === undefined) {
      const { segments } = this.#state;
      const lists = await Promise.all(segments.map(({ removed }) => removed && this.#reader.whole(removed, signal)));
      this.#gone = new Set(joinRemoved(lists, segments));
    }
    return this.#gone;
  }

  #checkUsable(): void {
    if (this.#broken === undefined) return;
    throw new FormatError('CLOSED', 'A commit failed at its last write. Open the gallery anew to see its state.', {
      cause: this.#broken,
    });
  }
}

function nothing({ classes, thumbnailType }: GalleryMeta): Pending {
  return { batches: [], rows: 0, removed: new Set(), classes, thumbnailType };
}

/** Columns of which the ids are the gallery's kind. */
function withIds(columns: Columns, first: number, kind: IdKind): Columns {
  if (columns.count > 0 && columns.kind !== kind) {
    throw bad(`Its ids are of kind ${kind}, those of the new items ${columns.kind}; a gallery has one kind.`);
  }
  const ids = columns.ids ?? Uint32Array.from({ length: columns.count }, (_, i) => first + i);
  return { ...columns, ids };
}

function joinBatches(batches: readonly Batch[], kind: IdKind): Columns {
  const starts: number[] = [];
  let count = 0;
  for (const { columns } of batches) {
    starts.push(count);
    count += columns.count;
  }
  let i = 0;
  const at = <T>(read: (batch: Batch, row: number) => T) => {
    return (row: number): T => {
      // Rows are gone through in order, time and again.
      if (row < starts[i]) i = 0;
      while (i + 1 < starts.length && starts[i + 1] <= row) i++;
      return read(batches[i], row - starts[i]);
    };
  };
  const idOf = at(({ columns }, row) => columns.ids![row]);
  const ids =
    kind === 'u32'
      ? Uint32Array.from({ length: count }, (_, row) => idOf(row) as number)
      : kind === 'u64'
        ? BigUint64Array.from({ length: count }, (_, row) => idOf(row) as bigint)
        : Array.from({ length: count }, (_, row) => idOf(row) as string);
  return {
    count,
    kind,
    ids,
    labels: at(({ columns, classOf }, row) => Array.from(columns.labels?.(row) ?? [], (label) => classOf[label])),
    metadata: at(({ columns }, row) => columns.metadata?.(row)),
    thumbnail: at(({ columns }, row) => columns.thumbnail?.(row)),
  };
}

function joinCodes(batches: readonly Batch[]): Uint8Array {
  const codes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.codes.length, 0));
  let at = 0;
  for (const batch of batches) {
    codes.set(batch.codes, at);
    at += batch.codes.length;
  }
  return codes;
}

function taken(id: ItemId, row: number): FormatError {
  return new FormatError(
    'DUPLICATE_ID',
    `Row ${row} has the id ${JSON.stringify(String(id))} already; upsert replaces it.`,
  );
}
