/**
 * @file What was downloaded, kept in the browser's Cache Storage and named by its content.
 *
 * Whatever is kept was verified first. Beside the contents stands a note for each address: which contents it had when it
 * was opened last. What no note names any more goes. Nothing here throws: where the browser refuses, the reason is told,
 * and the page works without.
 */

/** What is known of an address since it was opened last. */
export interface Note {
  /** ETag or date, for asking whether it has changed; null where the server names none. */
  readonly version: string | null;
  /** Names of its contents. */
  readonly names: readonly string[];
  /** What else the one who wrote it wants to know. */
  readonly facts: Readonly<Record<string, unknown>>;
}

interface DatedNote extends Note {
  /** When it was opened last, milliseconds since 1970. */
  readonly used: number;
}

/** The caches' names, and the place that their entries are called by: an address that nobody asks for. */
export const FILES_CACHE = 'dqn-edge';
export const PICTURES_CACHE = 'dqn-edge-pictures';
const PLACE = 'https://dqn.invalid/';

/** Bytes by name. */
export class Store {
  readonly #caches: CacheStorage | undefined;
  readonly #onRefused: (why: string) => void;
  readonly #using = new Set<string>();
  readonly #writing = new Set<Promise<void>>();
  #files: Promise<Cache | undefined> | undefined;
  #pictures: Promise<Cache | undefined> | undefined;
  #refused = '';

  /**
   * @param onRefused told once, when the browser first refuses to keep something
   * @param caches for tests; undefined where the page has none
   */
  constructor(onRefused: (why: string) => void, caches: CacheStorage | undefined = globalThis.caches) {
    this.#caches = caches;
    this.#onRefused = onRefused;
    if (caches === undefined) this.#refuse('the page has no Cache Storage, which needs https or localhost');
  }

  /** Why nothing is kept any more; empty where it is. */
  get refused(): string {
    return this.#refused;
  }

  /** What was kept under a name. Whoever takes it verifies it. */
  async get(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return bytesOf(await (await this.#openFiles())?.match(PLACE + name).catch(() => undefined));
  }

  /** Whether anything is kept under a name. */
  async has(name: string): Promise<boolean> {
    return (await (await this.#openFiles())?.match(PLACE + name).catch(() => undefined)) !== undefined;
  }

  /** Keeps bytes, which must have been verified, until no note names them. */
  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#write(async () => (await this.#openFiles())?.put(PLACE + name, new Response(bytes as BodyInit)));
  }

  /** Forgets what turned out to be damaged. */
  async delete(name: string): Promise<void> {
    await (await this.#openFiles())?.delete(PLACE + name).catch(() => false);
  }

  /** A picture that was shown; pictures are the first to go where room is short. */
  async getPicture(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return bytesOf(await (await this.#openPictures())?.match(PLACE + name).catch(() => undefined));
  }

  putPicture(name: string, bytes: Uint8Array): Promise<void> {
    return this.#write(async () => (await this.#openPictures())?.put(PLACE + name, new Response(bytes as BodyInit)));
  }

  /** What is known of an address; undefined for one that was never opened. */
  async note(address: string): Promise<Note | undefined> {
    const files = await this.#openFiles();
    const found = await files?.match(noteAt(address)).catch(() => undefined);
    return (await found?.json().catch(() => undefined)) as Note | undefined;
  }

  /** Writes down what an address holds now; what it held before, and no other does, goes. */
  async writeNote(address: string, note: Note): Promise<void> {
    this.#using.add(noteAt(address));
    const before = await this.note(address);
    const dated: DatedNote = { ...note, used: Date.now() };
    await this.#write(async () => (await this.#openFiles())?.put(noteAt(address), new Response(JSON.stringify(dated))));
    const gone = before?.names.filter((name) => !note.names.includes(name)) ?? [];
    if (gone.length > 0) await this.#sweep(gone.map((name) => PLACE + name));
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #openFiles(): Promise<Cache | undefined> {
    this.#files ??= this.#open(FILES_CACHE);
    return this.#files;
  }

  #openPictures(): Promise<Cache | undefined> {
    this.#pictures ??= this.#open(PICTURES_CACHE);
    return this.#pictures;
  }

  async #open(name: string): Promise<Cache | undefined> {
    try {
      return await this.#caches?.open(name);
    } catch (error) {
      this.#refuse(`the browser denies the page its storage (${reasonOf(error)})`);
      return undefined;
    }
  }

  #write(work: () => Promise<void>): Promise<void> {
    if (this.#refused) return Promise.resolve();
    const done = (async () => {
      try {
        await work();
      } catch {
        try {
          await this.#makeRoom();
          await work();
        } catch (error) {
          const full = error instanceof DOMException && error.name === 'QuotaExceededError';
          this.#refuse(full ? 'the storage that the browser gives this page is full' : reasonOf(error));
        }
      }
    })();
    this.#writing.add(done);
    return done.finally(() => this.#writing.delete(done));
  }

  /** Lets pictures go, and what belongs to addresses that aren't open here. */
  async #makeRoom(): Promise<void> {
    await this.#caches?.delete(PICTURES_CACHE);
    this.#pictures = undefined;
    const files = await this.#openFiles();
    const notes = await this.#notes();
    const idle = notes.filter(({ at }) => !this.#using.has(at)).sort((a, b) => a.note.used - b.note.used);
    // The older half; all of them where there are few.
    for (const { at } of idle.slice(0, Math.max(2, Math.ceil(idle.length / 2)))) await files?.delete(at);
    await this.#sweep((await files?.keys())?.map(({ url }) => url).filter((url) => !url.startsWith(NOTES)) ?? []);
  }

  /** Deletes those of some entries that no note names. */
  async #sweep(entries: readonly string[]): Promise<void> {
    const files = await this.#openFiles();
    const named = new Set((await this.#notes()).flatMap(({ note }) => note.names.map((name) => PLACE + name)));
    for (const entry of entries) if (!named.has(entry)) await files?.delete(entry).catch(() => false);
  }

  async #notes(): Promise<{ at: string; note: DatedNote }[]> {
    const files = await this.#openFiles();
    const all = (await files?.keys().catch(() => [])) ?? [];
    const found = all
      .filter(({ url }) => url.startsWith(NOTES))
      .map(async ({ url }) => ({ at: url, note: (await (await files?.match(url))?.json()) as DatedNote }));
    return (await Promise.all(found)).filter(({ note }) => Array.isArray(note?.names));
  }

  #refuse(why: string): void {
    if (this.#refused) return;
    this.#refused = why;
    this.#onRefused(why);
  }
}

const NOTES = `${PLACE}note/`;

function noteAt(address: string): string {
  return NOTES + encodeURIComponent(address);
}

async function bytesOf(response: Response | undefined): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return response && new Uint8Array(await response.arrayBuffer());
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Deletes all that was kept of downloads, on this origin; own pictures stay. */
export async function forget(): Promise<void> {
  const caches = globalThis.caches as CacheStorage | undefined;
  await Promise.all([caches?.delete(FILES_CACHE), caches?.delete(PICTURES_CACHE)]);
}
