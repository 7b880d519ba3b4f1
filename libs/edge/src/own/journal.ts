/**
 * @file The journal of a collection: one file that is only appended to, and another one in its place when much of it holds
 * no longer.
 *
 * A journal that is written anew gets its header last: one whose header isn't whole doesn't count, and goes with the next
 * write. Of those that count the one with the highest number does.
 */
import { FRAME_BYTES, frameBehind, frames, packFrame, planReads, type ReadBytes, unpackHead } from '@dqn/format';
import type { OwnFiles } from './files.ts';
import {
  CHANGES,
  HEADER_BYTES,
  type OwnChange,
  type OwnHeader,
  packHeader,
  unpackChanges,
  unpackHeader,
} from './records.ts';

/** Bytes that stay free behind what is put, so that pictures can be removed when the disk is full. */
const ROOM_BYTES = 2 ** 16;
/** Bytes of a frame when a journal is written anew. */
const REWRITE_BYTES = 2 ** 22;

/** A change with its places in the file; the code is a copy. */
export type PlacedChange = OwnChange;

/** What a journal has that wasn't read before. */
export interface News {
  /** Whether it is all there is, in place of what was read before. */
  readonly all: boolean;
  readonly changes: readonly PlacedChange[];
}

/** A piece of the journal. */
interface Place {
  readonly at: number;
  readonly length: number;
}

interface Current {
  readonly header: OwnHeader;
  /** Behind the last whole frame. */
  end: number;
  ordinal: number;
}

/** The journal of one collection. Whoever calls holds the collection's lock. */
export class OwnJournal {
  readonly #files: OwnFiles;
  readonly #of: Pick<OwnHeader, 'M' | 'codebookSha256'>;
  #current: Current | undefined;
  #lost = 0;

  constructor(files: OwnFiles, of: Pick<OwnHeader, 'M' | 'codebookSha256'>) {
    this.#files = files;
    this.#of = of;
  }

  /** Bytes that count. */
  get bytes(): number {
    return this.#current?.end ?? 0;
  }

  /** Bytes in its midst that can't be read. */
  get lost(): number {
    return this.#lost;
  }

  /** Reads what was written since, by whomever. The lock is shared or exclusive. */
  async readNews(): Promise<News> {
    let unreadable = 0;
    for (const number of await this.#numbers()) {
      const file = await this.#files.read(nameOf(number));
      const header = await this.#headerOf(file, number);
      if (header === undefined) {
        if (!(await isUnfinished(file))) unreadable += file.size;
        continue;
      }
      const known = this.#current;
      if (known?.header.nonce === header.nonce && known.header.number === number) {
        return { all: false, changes: await this.#readFrom(file, known, false) };
      }
      this.#lost = unreadable + ((await hasHeader(file)) ? 0 : HEADER_BYTES);
      return { all: true, changes: await this.#readFrom(file, { header, end: HEADER_BYTES, ordinal: 0 }, true) };
    }
    const wasThere = this.#current !== undefined;
    this.#current = undefined;
    this.#lost = unreadable;
    return { all: wasThere, changes: [] };
  }

  /**
   * Writes changes, and returns when they are on the disk. The lock is exclusive, and all news have been read.
   *
   * @param changes packed
   * @param isRemoval then the room that is kept free may be used
   * @throws the browser's error; then none of them counts
   */
  async append(changes: readonly Uint8Array[], isRemoval: boolean): Promise<void> {
    const current = this.#current ?? (await this.#begin());
    const { header, end, ordinal } = current;
    const frame = packFrame({ nonce: header.nonce, ordinal, kind: CHANGES }, changes);
    const room = isRemoval ? 0 : ROOM_BYTES;
    if (end > HEADER_BYTES) await this.#files.write(nameOf(header.number), end, frame, room);
    else await this.#files.write(nameOf(header.number), 0, joined(packHeader(header), frame), room);
  }

  /**
   * Writes a journal anew that holds some changes of this one, and removes this one. The lock is exclusive.
   *
   * @param places of the changes that are kept, in their order
   * @throws the browser's error; then all is as it was
   */
  async rewrite(places: Iterable<Place>): Promise<void> {
    const old = this.#current;
    const { header } = await this.#begin();
    const name = nameOf(header.number);
    const file = old && (await this.#files.read(nameOf(old.header.number)));
    try {
      let at = HEADER_BYTES;
      let ordinal = 0;
      let gathered: Place[] = [];
      let bytes = 0;
      const write = async () => {
        const pieces = file === undefined ? [] : await piecesOf(file, gathered);
        const frame = packFrame({ nonce: header.nonce, ordinal: ordinal++, kind: CHANGES }, pieces);
        await this.#files.write(name, at, frame, ROOM_BYTES);
        at += frame.length;
        gathered = [];
        bytes = 0;
      };
      for (const place of places) {
        gathered.push(place);
        bytes += place.length;
        if (bytes >= REWRITE_BYTES) await write();
      }
      await write();
      await this.#files.write(name, 0, packHeader(header), 0);
    } catch (error) {
      await this.#files.remove(name).catch(() => undefined);
      throw error;
    }
    if (old !== undefined) await this.#files.remove(nameOf(old.header.number));
    await this.#removeLeftovers(header.number);
  }

  /** Removes all there is, which needs no room. The lock is exclusive. @throws the browser's error */
  async removeAll(): Promise<void> {
    // The one that counts last: one that it replaced must not count again.
    for (const number of (await this.#numbers()).reverse()) await this.#files.remove(nameOf(number));
  }

  /** Bytes of the journal, of several places. The lock is shared or exclusive, and all news have been read. */
  async bytesAt(places: readonly Place[]): Promise<Uint8Array<ArrayBuffer>[]> {
    if (this.#current === undefined || places.length === 0) return places.map(() => new Uint8Array(0));
    const file = await this.#files.read(nameOf(this.#current.header.number));
    return piecesOf(file, places);
  }

  async #readFrom(file: Blob, from: Current, isFirst: boolean): Promise<PlacedChange[]> {
    const read: ReadBytes = (offset, length) => bytesOf(file, offset, length);
    const { nonce } = from.header;
    const changes: PlacedChange[] = [];
    let { end, ordinal } = from;
    for (;;) {
      const all = frames(read, { nonce, from: end, ordinal, end: file.size });
      let next = await all.next();
      for (; !next.done; next = await all.next()) {
        const { at, content } = next.value;
        for (const change of unpackChanges(content, this.#of.M)) changes.push(placed(change, at));
      }
      ({ end, ordinal } = next.value);
      // Looked for once: what comes later is written behind what was whole.
      const behind = isFirst ? await frameBehind(read, { nonce, from: end + 1, end: file.size }) : undefined;
      if (behind === undefined || behind.ordinal <= ordinal) break;
      this.#lost += behind.at - end;
      ({ at: end, ordinal } = behind);
    }
    this.#current = { header: from.header, end, ordinal };
    return changes;
  }

  /** A journal that isn't there yet. */
  async #begin(): Promise<Current> {
    const [last = 0] = await this.#numbers();
    await this.#removeLeftovers(this.#current?.header.number ?? 0);
    const nonce = crypto.getRandomValues(new Uint32Array(1))[0];
    return { header: { ...this.#of, nonce, number: last + 1 }, end: HEADER_BYTES, ordinal: 0 };
  }

  /** Removes what was never finished, and what the journal `number` has replaced. One that is damaged stays. */
  async #removeLeftovers(number: number): Promise<void> {
    for (const other of await this.#numbers()) {
      const file = await this.#files.read(nameOf(other));
      const isReplaced = other < number && (await hasHeader(file));
      if (isReplaced || (await isUnfinished(file))) await this.#files.remove(nameOf(other));
    }
  }

  /**
   * The header of a journal that counts. Of a damaged one, which isn't the zeros of one that was never finished, the first
   * frame still says the nonce.
   */
  async #headerOf(file: Blob, number: number): Promise<OwnHeader | undefined> {
    const bytes = await bytesOf(file, 0, HEADER_BYTES + FRAME_BYTES);
    const header = unpackHeader(bytes);
    if (header !== undefined || (await isUnfinished(file))) return header;
    const head = unpackHead(bytes.subarray(HEADER_BYTES));
    return head && { ...this.#of, nonce: head.nonce, number };
  }

  /** Of the files that there are, descending. */
  async #numbers(): Promise<number[]> {
    const names = await this.#files.list();
    return names
      .flatMap((name) => name.match(/^(\d+)\.journal$/)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }
}

function nameOf(number: number): string {
  return `${number}.journal`;
}

async function hasHeader(file: Blob): Promise<boolean> {
  return unpackHeader(await bytesOf(file, 0, HEADER_BYTES)) !== undefined;
}

/** Whether a journal was never finished: its header is what is written last. */
async function isUnfinished(file: Blob): Promise<boolean> {
  const header = await bytesOf(file, 0, HEADER_BYTES);
  return file.size <= HEADER_BYTES ? unpackHeader(header) === undefined : header.every((byte) => byte === 0);
}

/** Pieces of a file; those that stand close together are read at once. */
async function piecesOf(file: Blob, places: readonly Place[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const pieces: Uint8Array<ArrayBuffer>[] = places.map(() => new Uint8Array(0));
  for (const { offset, length, members } of planReads(places.map(({ at, length }) => ({ offset: at, length })))) {
    const bytes = await bytesOf(file, offset, length);
    // Copies: a piece that is kept must not keep all that was read with it.
    for (const i of members) pieces[i] = bytes.slice(places[i].at - offset, places[i].at - offset + places[i].length);
  }
  return pieces;
}

/** From places in a frame's content to places in the file. */
function placed(change: OwnChange, contentAt: number): PlacedChange {
  if (change.kind === 'remove') return change;
  const { at, metadataAt, code } = change;
  return { ...change, at: contentAt + at, metadataAt: contentAt + metadataAt, code: code.slice() };
}

async function bytesOf(file: Blob, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
