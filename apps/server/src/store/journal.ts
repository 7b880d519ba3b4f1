/**
 * @file The journal: what was written since the gallery file was, in files beside it.
 *
 * `NAME.journal.1`, `.2` … continue each other. A new one is begun for a compaction, so that what goes into the gallery
 * file stands in files of its own, and after a failure, so that nothing relies on pages of which the system has said that
 * it couldn't write them.
 */
import { basename, dirname, join } from 'node:path';
import { FRAME_BYTES, type IdKind, packFrame } from '@dqn/format';
import { ServerError } from '../errors.ts';
import { type Files, readFully, type StoreFile, systemCode, writeFully } from './files.ts';
import { FRAME, HEADER_BYTES, type JournalHeader, NO_BASE, newNonce, packHeader } from './journal-format.ts';
import { frameBehind, frames, readHeader } from './journal-scan.ts';
import { Shared } from './shared.ts';

/** One file of the journal. */
export interface JournalPart {
  readonly path: string;
  readonly header: JournalHeader;
  readonly file: Shared<StoreFile>;
  /** Behind the last whole frame. */
  end: number;
  /** Frames. */
  ordinal: number;
  /** Frames with changes. */
  changes: number;
}

/** What journals belong to. */
export interface JournalOf {
  readonly files: Files;
  /** The gallery file. */
  readonly path: string;
  readonly idKind: IdKind;
  readonly M: number;
  readonly codebookSha256: string;
}

/** The journal of one gallery. One operation at a time, but for reading. */
export class Journal {
  readonly #of: JournalOf;
  readonly #isReadOnly: boolean;
  /** In the order of their numbers. */
  readonly #parts: JournalPart[];
  #next: number;
  /** What the first file continues. */
  #base: string;
  /** Whether changes go into the last file, or into one that is to be begun. */
  #isOpen = false;
  /** Files that are no part of it any more, and are still there. */
  #leftovers: string[] = [];
  #isBroken = false;

  private constructor(of: JournalOf, parts: JournalPart[], next: number, base: string, readOnly: boolean) {
    this.#isReadOnly = readOnly;
    this.#of = of;
    this.#parts = parts;
    this.#next = next;
    this.#base = base;
  }

  /**
   * Opens what there is. What the gallery file contains already is removed, and what isn't whole at the end is cut off.
   *
   * @param base identity of the gallery file
   * @param readOnly nothing is changed on the disk
   * @throws ServerError `JOURNAL_DAMAGED`, `JOURNAL_MISMATCH`; the system's errors
   */
  static async open(
    of: JournalOf,
    base: string,
    readOnly: boolean,
  ): Promise<{ journal: Journal; cut: { path: string; bytes: number } | undefined }> {
    const { files } = of;
    const numbers = await numbersOf(of);
    const parts: JournalPart[] = [];
    /** The number from which on journals continue this gallery file. */
    let from: number | undefined;
    let cut: { path: string; bytes: number } | undefined;
    try {
      for (const number of numbers) {
        const path = pathOf(of, number);
        const file = await files.open(path, readOnly ? 'r' : 'r+');
        const part = await openPart(of, path, file, number).catch(async (error) => {
          await file.close();
          throw error;
        });
        if (part === undefined) {
          await file.close();
          if (!readOnly) await files.remove(path);
          continue;
        }
        parts.push(part.part);
        if (part.part.header.base === base) from = number;
        for (const mark of part.marks) if (mark.base === base) from = mark.from;
        if (part.size === part.part.end) continue;
        if (number !== numbers.at(-1)) throw damaged(path, part.part.end, 'there is a later journal');
        cut = { path, bytes: part.size - part.part.end };
      }
      const isEmpty = parts.every(({ changes }) => changes === 0);
      if (parts.length > 0 && from === undefined && !isEmpty) throw mismatch(of, parts);
      checkChain(parts, from ?? 0);
      if (cut !== undefined && !readOnly) {
        const last = parts.at(-1)!;
        await last.file.value.truncate(last.end);
        await last.file.value.sync();
      }
      const journal = new Journal(of, parts, (numbers.at(-1) ?? 0) + 1, base, readOnly);
      if (readOnly) {
        while (parts.length > 0 && (from === undefined || parts[0].header.number < from)) parts.shift()!.file.retire();
      } else await journal.dropBefore(from ?? Number.POSITIVE_INFINITY, base);
      return { journal, cut };
    } catch (error) {
      for (const { file } of parts) file.retire();
      throw error;
    }
  }

  /** Its files, in their order. */
  get parts(): readonly JournalPart[] {
    return this.#parts;
  }

  /** Of all its files. */
  get bytes(): number {
    return this.#parts.reduce((sum, { end }) => sum + end, 0);
  }

  /** Whether a write has failed, and `repair` is wanted before another. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Writes changes, and returns when they are on the disk.
   *
   * @returns where their content begins
   * @throws the system's error: then they aren't there, and `isBroken`
   */
  async append(content: readonly Uint8Array[]): Promise<{ part: JournalPart; at: number }> {
    const part = await this.#open();
    const at = part.end + FRAME_BYTES;
    await this.#write(part, FRAME.changes, content);
    return { part, at };
  }

  /** Finds out whether it can be written again. @throws the system's error */
  async tryAgain(): Promise<void> {
    await this.repair();
    await this.#write(await this.#open(), FRAME.trial, []);
  }

  /** Lets the next changes begin a file; gives its number. What there is stays as it is then. */
  seal(): number {
    this.#isOpen = false;
    return this.#next;
  }

  /** Notes that the gallery file of an identity, wherever it may be yet, contains all before journal `number`. */
  async mark(base: string, number: number): Promise<void> {
    const content = Buffer.alloc(36);
    content.write(base, 'hex');
    content.writeUInt32LE(number, 32);
    await this.#write(await this.#open(), FRAME.base, [content]);
  }

  /**
   * Removes the files before `number`, which the gallery file of identity `base` contains. What can't be removed does no
   * harm, and is tried again.
   */
  async dropBefore(number: number, base: string): Promise<void> {
    this.#base = base;
    while (this.#parts.length > 0 && this.#parts[0].header.number < number) {
      const { file, path } = this.#parts.shift()!;
      file.retire();
      this.#leftovers.push(path);
    }
    if (this.#parts.length === 0) this.#isOpen = false;
    await this.#removeLeftovers();
  }

  async #removeLeftovers(): Promise<void> {
    const { files, path } = this.#of;
    if (this.#leftovers.length === 0) return;
    try {
      for (const gone of this.#leftovers) await files.remove(gone);
      await files.syncFolder(dirname(path));
      this.#leftovers = [];
    } catch {
      // Whoever opens the gallery knows by the notes that they are contained.
    }
  }

  /** After a failed write: cuts off what it may have left, and lets the next changes begin a file. @throws as `append` */
  async repair(): Promise<void> {
    if (!this.#isBroken) return;
    const last = this.#parts.at(-1);
    if (this.#isOpen && last !== undefined) {
      await last.file.value.truncate(last.end);
      await last.file.value.sync();
    }
    this.#isOpen = false;
    this.#isBroken = false;
  }

  /** Bytes of a part. @throws ServerError `JOURNAL_DAMAGED` where there are fewer */
  static read(part: JournalPart, at: number, length: number): Promise<Uint8Array> {
    return part.file.use(async (file) => {
      const bytes = new Uint8Array(length);
      if ((await readFully(file, bytes, at)) === length) return bytes;
      throw damaged(part.path, at, 'the file has become shorter');
    });
  }

  /** Closes its files. One that holds nothing is removed, unless earlier ones are there that only it speaks of. */
  async close(): Promise<void> {
    const { files } = this.#of;
    await this.repair().catch(() => undefined);
    await this.#removeLeftovers();
    const isEmpty = this.#parts.every(({ changes }) => changes === 0) && this.#leftovers.length === 0;
    for (const { file, path } of this.#parts.splice(0)) {
      file.retire();
      if (isEmpty && !this.#isReadOnly) await files.remove(path).catch(() => undefined);
    }
  }

  async #open(): Promise<JournalPart> {
    const last = this.#parts.at(-1);
    if (this.#isOpen && last !== undefined) return last;
    const { files, path: gallery, idKind, M, codebookSha256 } = this.#of;
    const number = this.#next++;
    const path = pathOf(this.#of, number);
    const base = last === undefined ? this.#base : NO_BASE;
    const before = last && { number: last.header.number, nonce: last.header.nonce, frames: last.ordinal };
    const header: JournalHeader = { nonce: newNonce(), number, idKind, M, codebookSha256, base, before };
    let file: StoreFile | undefined;
    try {
      file = await files.open(path, 'wx+');
      await writeFully(file, packHeader(header), 0);
      await file.sync();
      await files.syncFolder(dirname(gallery));
    } catch (error) {
      this.#isBroken = true;
      await file?.close().catch(() => undefined);
      // A header that isn't whole, or with nothing behind it, does no harm.
      await files.remove(path).catch(() => undefined);
      throw error;
    }
    const part: JournalPart = { path, header, file: new Shared(file), end: HEADER_BYTES, ordinal: 0, changes: 0 };
    this.#parts.push(part);
    this.#isOpen = true;
    return part;
  }

  async #write(part: JournalPart, kind: number, content: readonly Uint8Array[]): Promise<void> {
    const frame = packFrame({ nonce: part.header.nonce, ordinal: part.ordinal, kind }, content);
    try {
      await writeFully(part.file.value, frame, part.end);
      await part.file.value.sync();
    } catch (error) {
      this.#isBroken = true;
      // It may be there as a whole, and was refused.
      await part.file.value.truncate(part.end).catch(() => undefined);
      throw error;
    }
    part.end += frame.length;
    part.ordinal++;
    if (kind === FRAME.changes) part.changes++;
  }
}

interface OpenedPart {
  readonly part: JournalPart;
  readonly marks: readonly { readonly base: string; readonly from: number }[];
  readonly size: number;
}

/** Looks a journal through; undefined for one that was never begun. */
async function openPart(of: JournalOf, path: string, file: StoreFile, number: number): Promise<OpenedPart | undefined> {
  const size = await file.size();
  const header = await readHeader(file);
  if (header === undefined) {
    if (size <= HEADER_BYTES) return undefined;
    throw damaged(path, 0, 'its header has changed');
  }
  const { idKind, M, codebookSha256 } = of;
  if (
    header.idKind !== idKind ||
    header.M !== M ||
    header.codebookSha256 !== codebookSha256 ||
    header.number !== number
  ) {
    throw new ServerError(
      'JOURNAL_MISMATCH',
      `${path} is journal ${header.number} of a gallery with the codebook ${header.codebookSha256}, M = ${header.M} and ` +
        `ids of kind ${header.idKind}; expected ${number}, ${codebookSha256}, ${M} and ${idKind}. Move it away if it ` +
        "isn't this gallery's.",
    );
  }
  const marks: { base: string; from: number }[] = [];
  let changes = 0;
  const all = frames(file, header, size);
  let next = await all.next();
  for (; !next.done; next = await all.next()) {
    const { kind, content } = next.value;
    if (kind === FRAME.changes) changes++;
    if (kind !== FRAME.base) continue;
    const bytes = Buffer.from(content);
    marks.push({ base: bytes.toString('hex', 0, 32), from: bytes.readUInt32LE(32) });
  }
  const { end, ordinal } = next.value;
  if (end < size && (await frameBehind(file, header, end, size)) !== undefined) {
    throw damaged(path, end, 'there are later ones');
  }
  return { part: { path, header, file: new Shared(file), end, ordinal, changes }, marks, size };
}

/** Each continues the one that it says, as it was then; what is before journal `from` may be gone. */
function checkChain(parts: readonly JournalPart[], from: number): void {
  for (const [i, { path, header }] of parts.entries()) {
    const { before } = header;
    if (before === undefined || before.number < from) continue;
    const there = parts[i - 1];
    if (there?.header.nonce === before.nonce && there.ordinal === before.frames) continue;
    const instead = there === undefined ? 'missing' : `not journal ${there.header.number} of ${there.ordinal}`;
    throw new ServerError(
      'JOURNAL_DAMAGED',
      `${path} continues journal ${before.number} of ${before.frames} records, which is ${instead}: acknowledged writes ` +
        "can't be read. Bring the files back from a back-up, or move this and later journals away and lose what they hold.",
    );
  }
}

/** Numbers of the journals beside a gallery, ascending. */
export async function numbersOf({ files, path }: Pick<JournalOf, 'files' | 'path'>): Promise<number[]> {
  const prefix = `${basename(path)}.journal.`;
  const names = await files.list(dirname(path));
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

function pathOf({ path }: JournalOf, number: number): string {
  return join(dirname(path), `${basename(path)}.journal.${number}`);
}

/** An error for a frame that was acknowledged and can't be read. */
export function damaged(path: string, at: number, why: string): ServerError {
  return new ServerError(
    'JOURNAL_DAMAGED',
    `${path} isn't whole at byte ${at}, and ${why}: acknowledged writes can't be read. Bring the file back from a ` +
      `back-up, or give up what follows: cut the file to ${at} bytes and move later journals away.`,
  );
}

function mismatch({ path }: JournalOf, parts: readonly JournalPart[]): ServerError {
  const names = parts.map((part) => basename(part.path)).join(', ');
  return new ServerError(
    'JOURNAL_MISMATCH',
    `${path} isn't the file that ${names} beside it continue: another program has written it since. Bring the earlier ` +
      'file back, or move the journals away and lose what they hold.',
  );
}

/** What a system's error means for whoever wrote. */
export function writesRefused(path: string, cause: unknown): ServerError {
  const code = systemCode(cause) ?? String(cause);
  // Callers read this: they have no business with the folder.
  const name = basename(path);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new ServerError(
    'WRITES_REFUSED',
    isFull
      ? `There is no room beside ${name} (${code}). Nothing was written; free some, and writes are taken again.`
      : `The journal of ${name} can't be written (${code}). Nothing was written; it is tried again.`,
    { cause, retryAfter: isFull ? 10 : 1 },
  );
}
