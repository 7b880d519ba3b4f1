/**
 * @file A gallery on a server and its copy in the browser as one source: what is kept isn't asked for again.
 *
 * The server is asked whether the gallery is still what it was; of a newer one only those pieces come that the store
 * doesn't have. Where the server can't be asked, what is kept is shown, and that is said.
 */

import type { ByteSource, Piece } from '@dqn/format';
import type { FetchOptions } from './fetch.ts';
import { hashOf } from './hash.ts';
import { asOrKept } from './patience.ts';
import { RemoteFile } from './remote-file.ts';
import type { Note, Store } from './store.ts';

/** Ranges that were read before the pieces were known: the header and the directory. */
interface HeadFacts {
  readonly size: number;
  /** Offset and length of each; their bytes stand one behind the other under the note's last name. */
  readonly ranges: readonly (readonly [offset: number, length: number])[];
}

interface HeadRange {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** How to open one. */
export interface KeptOptions extends FetchOptions {
  readonly store: Store;
  /** Told when the server couldn't be asked. */
  readonly onOffline: (why: string) => void;
}

/** A ByteSource. */
export class KeptFile implements ByteSource {
  readonly #url: string;
  readonly #store: Store;
  readonly #remote: RemoteFile;
  readonly #head: HeadRange[];
  #pieces: readonly Piece[] | undefined;

  private constructor(url: string, store: Store, remote: RemoteFile, head: HeadRange[]) {
    this.#url = url;
    this.#store = store;
    this.#remote = remote;
    this.#head = head;
  }

  /** @throws EdgeError `FETCH_FAILED`, `STALLED`; the signal's reason */
  static async open(url: string, { store, onOffline, ...options }: KeptOptions): Promise<KeptFile> {
    const note = await store.note(url);
    const facts = note?.facts as unknown as HeadFacts | undefined;
    const head = note && facts && (await keptHead(store, note, facts));
    if (!head) {
      const remote = await RemoteFile.open(url, options);
      return new KeptFile(url, store, remote as RemoteFile, []);
    }
    const known = { size: facts!.size, version: note.version };
    const remote = await asOrKept((signal) => RemoteFile.open(url, { ...options, signal }, known), {
      signal: options.signal,
      onOffline,
    });
    if (typeof remote === 'object') return new KeptFile(url, store, remote, []);
    return new KeptFile(url, store, RemoteFile.of(url, options, known), head);
  }

  get size(): number {
    return this.#remote.size;
  }

  get ranges(): boolean {
    return this.#remote.ranges;
  }

  get transferred(): number {
    return this.#remote.transferred;
  }

  /** Says what the file consists of, once its directory has been read; from now on what comes is kept. */
  know(pieces: readonly Piece[]): void {
    this.#pieces = pieces;
  }

  /** Has the store remember this state: `names` is what it consists of, and the head comes with it. */
  async remember(): Promise<void> {
    const ranges = this.#head.map(({ offset, bytes }) => [offset, bytes.length] as const);
    const bytes = new Uint8Array(await new Blob(this.#head.map((range) => range.bytes as BlobPart)).arrayBuffer());
    const name = await hashOf(bytes);
    await this.#store.put(name, bytes);
    const names = [...(this.#pieces ?? []).map((piece) => piece.name), name];
    await this.#store.writeNote(this.#url, {
      version: this.#remote.version,
      names,
      facts: { size: this.size, ranges } satisfies HeadFacts,
    });
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#pieces === undefined) return this.#readHead(offset, length, signal);
    const end = offset + length;
    const pieces = this.#pieces.filter((piece) => piece.offset < end && piece.offset + piece.length > offset);
    if (pieces.length === 0) return this.#remote.read(offset, length, signal);
    const kept = await Promise.all(pieces.map((piece) => this.#kept(piece)));
    if (pieces.length === 1 && kept[0]) return kept[0].subarray(offset - pieces[0].offset, end - pieces[0].offset);
    const bytes = new Uint8Array(length);
    // What is missing, drawn together where it stands together.
    const missing: { from: number; to: number; pieces: Piece[] }[] = [];
    for (const [i, piece] of pieces.entries()) {
      const from = Math.max(offset, piece.offset);
      const to = Math.min(end, piece.offset + piece.length);
      const have = kept[i];
      if (have) bytes.set(have.subarray(from - piece.offset, to - piece.offset), from - offset);
      else if (missing.at(-1)?.to === from) Object.assign(missing.at(-1)!, { to }).pieces.push(piece);
      else missing.push({ from, to, pieces: [piece] });
    }
    await Promise.all(
      missing.map(async (run) => {
        bytes.set(await this.#download(run, signal), run.from - offset);
      }),
    );
    return bytes;
  }

  async #readHead(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const known = this.#head.find(
      (range) => range.offset <= offset && offset + length <= range.offset + range.bytes.length,
    );
    if (known) return known.bytes.subarray(offset - known.offset, offset - known.offset + length);
    const bytes = await this.#remote.read(offset, length, signal);
    this.#head.push({ offset, bytes });
    return bytes;
  }

  async #kept(piece: Piece): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.get(piece.name);
    if (bytes === undefined || piece.holds(bytes)) return bytes;
    await this.#store.delete(piece.name);
    return undefined;
  }

  /** Downloads what stands together; whole pieces are checked and kept, the rest is for the reader to check. */
  async #download({ from, to, pieces }: { from: number; to: number; pieces: readonly Piece[] }, signal?: AbortSignal) {
    const whole = pieces.filter((piece) => piece.offset >= from && piece.offset + piece.length <= to);
    let bytes = await this.#remote.read(from, to - from, signal);
    const of = (piece: Piece) => bytes.subarray(piece.offset - from, piece.offset - from + piece.length);
    // A cache on the way may have mixed two versions.
    if (!whole.every((piece) => piece.holds(of(piece)))) bytes = await this.#remote.read(from, to - from, signal, true);
    for (const piece of whole) if (piece.holds(of(piece))) void this.#store.put(piece.name, of(piece).slice());
    return bytes;
  }
}

/** The ranges of a head; undefined where it isn't kept, or is damaged. */
async function keptHead(store: Store, note: Note, { ranges }: HeadFacts): Promise<HeadRange[] | undefined> {
  const name = note.names.at(-1) ?? '';
  const bytes = await store.get(name);
  if (bytes === undefined || (await hashOf(bytes)) !== name || !Array.isArray(ranges)) return undefined;
  let at = 0;
  const head = ranges.map(([offset, length]) => {
    at += length;
    return { offset, bytes: bytes.subarray(at - length, at) };
  });
  return at === bytes.length ? head : undefined;
}
