/** @file A gallery, read by ranges: the header when it is opened, the rest when it is asked for. */
import { crc32 } from '../crc32.ts';
import { FormatError } from '../errors.ts';
import { createSha256, sameBytes, sha256, toHex } from '../sha256.ts';
import { type ByteSource, readRange } from '../source.ts';
import { readHeader, type Section } from './header.ts';
import { aligned, INDEX_BYTES, type SectionName } from './layout.ts';
import type { GalleryItem, GalleryMeta } from './meta.ts';
import { planReads } from './plan.ts';

/** Ranges of thumbnails asked for at the same time: what a browser opens connections for. */
const READS_AT_ONCE = 6;
/** Thumbnails, and bytes, looked at in one turn of a check of the whole file. */
const ROWS_A_TURN = 1024;
const BYTES_A_TURN = 4 * 2 ** 20;

/**
 * Opens a gallery: reads and verifies its header, by one range (two where it has thousands of classes).
 *
 * @param o.verify whether each part is checked against its checksum when it is read; true unless told
 * @throws FormatError `NOT_A_GALLERY`, `TRUNCATED`, `DAMAGED`, `NEWER_SCHEMA`, `BAD_CONTENT`
 */
export async function openGallery(
  source: ByteSource,
  o: { verify?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Gallery> {
  const { meta, sections } = await readHeader(source, o.signal);
  return new Gallery(source, meta, sections, o.verify ?? true);
}

/** An open gallery. It owns its source: `close()` closes both. */
export class Gallery {
  readonly meta: GalleryMeta;
  readonly #source: ByteSource;
  readonly #sections: ReadonlyMap<SectionName, Section>;
  readonly #verify: boolean;
  #index: Promise<DataView> | undefined;
  #closed = false;

  /** By `openGallery`. */
  constructor(source: ByteSource, meta: GalleryMeta, sections: ReadonlyMap<SectionName, Section>, verify: boolean) {
    this.#source = source;
    this.meta = meta;
    this.#sections = sections;
    this.#verify = verify;
  }

  /**
   * The codes, [count, M] row-major, by one range. They may share memory with the source.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `CLOSED`
   */
  async codes(signal?: AbortSignal): Promise<Uint8Array> {
    const codes = await this.#section('codes', signal);
    const { M, K } = this.meta;
    const wrong = K < 256 ? codes.findIndex((code) => code >= K) : -1;
    if (wrong >= 0) {
      throw new FormatError(
        'BAD_CONTENT',
        `Row ${Math.floor(wrong / M)} holds code ${codes[wrong]}; expected 0 to ${K - 1}.`,
      );
    }
    return codes;
  }

  /**
   * The ids in the order of rows, by one range.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `DUPLICATE_ID`, `CLOSED`
   */
  async ids(signal?: AbortSignal): Promise<string[]> {
    const bytes = await this.#section('ids', signal);
    const lengths = new DataView(bytes.buffer, bytes.byteOffset);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const ids: string[] = [];
    let at = 4 * this.meta.count;
    for (let row = 0; row < this.meta.count; row++) {
      const end = at + lengths.getUint32(4 * row, true);
      if (end > bytes.length) throw outside('ids', row);
      try {
        ids.push(decoder.decode(bytes.subarray(at, end)));
      } catch (cause) {
        throw new FormatError('BAD_CONTENT', `The id of row ${row} isn't UTF-8.`, { cause });
      }
      at = end;
    }
    if (at !== bytes.length) throw outside('ids', this.meta.count);
    if (new Set(ids).size !== ids.length) {
      const seen = new Set<string>();
      const twice = ids.find((id) => seen.size === seen.add(id).size);
      throw new FormatError(
        'DUPLICATE_ID',
        `The id ${JSON.stringify(twice)} occurs twice in the gallery. Index it again.`,
      );
    }
    return ids;
  }

  /**
   * The labels of each row, as indices into `meta.classes`, by one range.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `CLOSED`
   */
  async labels(signal?: AbortSignal): Promise<number[][]> {
    const bytes = await this.#section('labels', signal);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const all: number[][] = [];
    let at = 4 * this.meta.count;
    for (let row = 0; row < this.meta.count; row++) {
      const end = at + 4 * view.getUint32(4 * row, true);
      if (end > bytes.length) throw outside('labels', row);
      const labels: number[] = [];
      for (; at < end; at += 4) {
        const label = view.getUint32(at, true);
        if (label >= this.meta.classes.length) {
          throw new FormatError('BAD_CONTENT', `Row ${row} has label ${label} of ${this.meta.classes.length} classes.`);
        }
        labels.push(label);
      }
      all.push(labels);
    }
    if (at !== bytes.length) throw outside('labels', this.meta.count);
    return all;
  }

  /**
   * The encoded thumbnail of a row, or null where it has none: one range, and one before the first for the index.
   *
   * @throws FormatError `NO_SUCH_ROW`, `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `CLOSED`
   */
  async thumbnail(row: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    return (await this.thumbnails([row], signal))[0];
  }

  /**
   * The encoded thumbnails of some rows, in their order; those that stand close together are read by one range.
   *
   * @throws FormatError `NO_SUCH_ROW`, `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `CLOSED`
   */
  async thumbnails(rows: readonly number[], signal?: AbortSignal): Promise<(Uint8Array | null)[]> {
    this.#checkOpen();
    for (const row of rows) {
      if (!Number.isInteger(row) || row < 0 || row >= this.meta.count) {
        throw new FormatError(
          'NO_SUCH_ROW',
          `Row ${row} was asked for; the gallery has rows 0 to ${this.meta.count - 1}.`,
        );
      }
    }
    const section = this.#sections.get('thumbnails');
    if (section === undefined) return rows.map(() => null);
    const index = await this.#thumbnailIndex();
    const wanted = rows.map((row) => entry(index, row, section.length));
    const thumbnails: (Uint8Array | null)[] = rows.map(() => null);
    const reads = planReads(wanted);
    const readNext = async () => {
      for (let read = reads.shift(); read !== undefined; read = reads.shift()) {
        const { offset, length, members } = read;
        const bytes = await readRange(this.#source, section.offset + offset, length, 'The thumbnails', signal);
        for (const i of members) {
          const from = wanted[i].offset - offset;
          // A copy: a picture that is kept shouldn't keep its neighbours.
          const thumbnail = bytes.slice(from, from + wanted[i].length);
          if (this.#verify && crc32(thumbnail) !== wanted[i].crc) {
            throw new FormatError('DAMAGED', `The thumbnail of row ${rows[i]} is damaged. Copy the gallery again.`);
          }
          thumbnails[i] = thumbnail;
        }
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, readNext));
    return thumbnails;
  }

  /**
   * Everything, as `writeGallery` takes it: to append, add to it and write anew.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `DUPLICATE_ID`, `CLOSED`
   */
  async items(signal?: AbortSignal): Promise<GalleryItem[]> {
    const ids = await this.ids(signal);
    const labels = await this.labels(signal);
    const thumbnails = await this.thumbnails([...ids.keys()], signal);
    return ids.map((id, row) => ({ id, labels: labels[row], thumbnail: thumbnails[row] ?? undefined }));
  }

  /**
   * Reads every section, whatever `verify` was, and checks it against its checksum.
   *
   * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`, `DUPLICATE_ID`, `CLOSED`
   */
  async verify(signal?: AbortSignal): Promise<void> {
    const whole = new Gallery(this.#source, this.meta, this.#sections, true);
    for (const name of this.#sections.keys()) await this.#checkSection(name, signal);
    await whole.codes(signal);
    await whole.ids(signal);
    await whole.labels(signal);
    for (let row = 0; row < this.meta.count; row += ROWS_A_TURN) {
      const rows = Array.from({ length: Math.min(ROWS_A_TURN, this.meta.count - row) }, (_, i) => row + i);
      await whole.thumbnails(rows, signal);
    }
  }

  /** Closes the gallery and its source. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#index = undefined;
    await this.#source.close?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Checks a section without holding all of it. */
  async #checkSection(name: SectionName, signal?: AbortSignal): Promise<void> {
    this.#checkOpen();
    const { offset, length, sha256 } = this.#sections.get(name)!;
    const hash = createSha256();
    const end = offset + aligned(length);
    for (let at = offset; at < end; at += BYTES_A_TURN) {
      const bytes = Math.min(BYTES_A_TURN, end - at);
      hash.update(await readRange(this.#source, at, bytes, `Section ${name}`, signal));
    }
    compare(name, hash.digest(), sha256);
  }

  /** Reads a section with its padding, and checks it. */
  async #section(name: SectionName, signal?: AbortSignal): Promise<Uint8Array> {
    this.#checkOpen();
    const section = this.#sections.get(name)!;
    const bytes = await readRange(this.#source, section.offset, aligned(section.length), `Section ${name}`, signal);
    if (this.#verify) compare(name, sha256(bytes), section.sha256);
    return bytes.subarray(0, section.length);
  }

  /** Read once, for all who ask meanwhile; so nobody's signal stops it. After a failure it is read again. */
  #thumbnailIndex(): Promise<DataView> {
    this.#index ??= this.#section('thumbnail index').then(
      (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      (error) => {
        this.#index = undefined;
        throw error;
      },
    );
    return this.#index;
  }

  #checkOpen(): void {
    if (this.#closed) throw new FormatError('CLOSED', 'The gallery has been closed. Open it again.');
  }
}

/** @throws FormatError `DAMAGED` unless a section's checksum is the one that the header holds. */
function compare(name: SectionName, found: Uint8Array, expected: Uint8Array): void {
  if (sameBytes(found, expected)) return;
  throw new FormatError(
    'DAMAGED',
    `Section ${name} of the gallery should have SHA-256 ${toHex(expected)}, but has ${toHex(found)}: the file is ` +
      'damaged. Copy or index it again.',
  );
}

/** One entry of the index of thumbnails. */
function entry(index: DataView, row: number, size: number): { offset: number; length: number; crc: number } {
  const offset = Number(index.getBigUint64(INDEX_BYTES * row, true));
  const length = index.getUint32(INDEX_BYTES * row + 8, true);
  if (offset + length > size) throw outside('thumbnails', row);
  return { offset, length, crc: index.getUint32(INDEX_BYTES * row + 12, true) };
}

function outside(what: string, row: number): FormatError {
  return new FormatError('BAD_CONTENT', `The ${what} of the gallery don't fit their section (row ${row}).`);
}
