/** @file Own pictures as the engine has them: a collection in the browser's storage, with its rows behind the gallery's. */
import type { Distance } from '@dqn/pq';
import type { Model } from '@dqn/runtime';
import type { EdgeHit, EdgeItem } from '../searched.ts';
import type { CallOptions, PortableOwn } from './add.ts';
import { OwnCollection } from './collection.ts';
import { type OwnFiles, opfsFiles } from './files.ts';
import type { OwnFilter } from './items.ts';
import { sharedLock } from './lock.ts';
import { ownPlace } from './place.ts';
import type { Added, OwnProgress, OwnState } from './state.ts';
import type { Thumbnail } from './thumbnail.ts';

/** What to open. */
export interface OpenOwnOptions {
  /** The collection's name. */
  readonly name: string;
  readonly model: Model;
  /** The row of the first own picture: the gallery's number of rows. */
  readonly first: number;
  /** Called with every new state, here or by another tab. */
  readonly onChange: (state: OwnState) => void;
}

/** Opens a model's collection of a name, and tells of it. */
export async function openOwn({ name, model, first, onChange }: OpenOwnOptions): Promise<OwnPictures> {
  let own: OwnPictures | undefined;
  const collection = await openCollection(name, model, () => own?.tell());
  own = new OwnPictures(collection, model, first, onChange);
  await own.askWhetherPersisted();
  return own;
}

/**
 * Opens a collection, which belongs to a model's codebook: another model has another one of that name. Where the browser
 * keeps nothing, pictures last as long as the page, and the state says so.
 */
export async function openCollection(
  name: string,
  of: Pick<Model, 'codebook' | 'codebookSha256'>,
  onChange?: () => void,
): Promise<OwnCollection> {
  const { codebook, codebookSha256 } = of;
  const place = ownPlace(name, codebookSha256);
  const key = place.join('/');
  const inMemory = (message: string) => {
    return OwnCollection.inMemory({ codebook, codebookSha256, denied: { code: 'STORAGE_DENIED', message } }, onChange);
  };
  let files: OwnFiles;
  try {
    files = await opfsFiles(place);
  } catch (error) {
    return inMemory(
      `This browser keeps nothing for this page (${reasonOf(error)}): your own pictures last until the page is closed. ` +
        'Export them to keep them, or allow the page to store data.',
    );
  }
  const channel = new BroadcastChannel(key);
  try {
    return await OwnCollection.open({ codebook, codebookSha256, files, lock: sharedLock(key), channel }, onChange);
  } catch (error) {
    channel.close();
    return inMemory(
      `The own pictures that this browser keeps can't be read now (${reasonOf(error)}). They stay where they are: load the ` +
        'page again. What is added until then lasts until the page is closed.',
    );
  }
}

function reasonOf(error: unknown): string {
  const { name, message } = error as Error;
  return `${name}: ${message}`;
}

/** Own pictures beside a gallery. */
export class OwnPictures {
  readonly #collection: OwnCollection;
  readonly #model: Model;
  readonly #first: number;
  readonly #onChange: (state: OwnState) => void;
  #told = '';
  #isPersisted = false;

  /** By `openOwn`. */
  constructor(collection: OwnCollection, model: Model, first: number, onChange: (state: OwnState) => void) {
    this.#collection = collection;
    this.#model = model;
    this.#first = first;
    this.#onChange = onChange;
  }

  get count(): number {
    return this.#collection.items.count;
  }

  /** Rows that were ever theirs. */
  get slots(): number {
    return this.#collection.items.slots;
  }

  /** Tells the page, if there is anything new: at once, so that it knows before it hears that a call has ended. */
  tell(): void {
    const state: OwnState = { ...this.#collection.state, persisted: this.#isPersisted };
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#onChange(state);
  }

  /** Finds out whether the browser has promised to keep them. */
  async askWhetherPersisted(): Promise<void> {
    this.#isPersisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
    this.tell();
  }

  async add(items: readonly PortableOwn[], options: CallOptions<OwnProgress>): Promise<Added> {
    const { addPictures } = await import('./add.ts');
    const added = await addPictures(this.#collection, this.#model, items, options);
    // The page asked for it when the first were added.
    if (!this.#isPersisted) await this.askWhetherPersisted();
    return added;
  }

  remove(ids: readonly string[]): Promise<boolean[]> {
    return this.#collection.remove(ids);
  }

  clear(): Promise<void> {
    return this.#collection.clear();
  }

  async exportGallery(): Promise<Blob> {
    const { toGallery } = await import('./exchange.ts');
    return toGallery(this.#collection, this.#model);
  }

  async importGallery(file: Blob, options: CallOptions<OwnProgress>): Promise<{ ids: string[] }> {
    const { fromGallery } = await import('./exchange.ts');
    return { ids: await fromGallery(this.#collection, this.#model, file, options) };
  }

  /** Rows of all of them, the newest first. */
  rows({ offset = 0, limit = 100 }: { readonly offset?: number; readonly limit?: number } = {}): number[] {
    const slots = [...this.#collection.items.all()].reverse();
    return slots.slice(offset, offset + limit).map((slot) => this.#first + slot);
  }

  /** Whether a row is one of theirs, and its picture is there. */
  has(row: number): boolean {
    return this.#collection.items.has(row - this.#first);
  }

  hasId(id: string): boolean {
    return this.#collection.items.find(id) !== undefined;
  }

  /** The row of an id; undefined where none of them has it. */
  row(id: string): number | undefined {
    const slot = this.#collection.items.find(id);
    return slot === undefined ? undefined : this.#first + slot;
  }

  hasLabel(label: string): boolean {
    return this.#collection.items.hasLabel(label);
  }

  code(row: number): Uint8Array {
    return this.#collection.items.code(row - this.#first);
  }

  /** What a row's code stands for, float32 [D]. */
  vector(row: number): Float32Array {
    return this.#collection.items.vector(row - this.#first);
  }

  search(query: Float32Array, o: { k: number; distance: Distance; filter?: OwnFilter | undefined }): EdgeHit[] {
    const { items } = this.#collection;
    const { ids: slots, distances } = items.search(query, o);
    return Array.from(slots, (slot, i) => {
      const { id, labels } = items.at(slot);
      return { row: this.#first + slot, id, distance: distances[i], labels, own: true };
    });
  }

  /** What is known of rows that are there. */
  async entries(rows: readonly number[]): Promise<EdgeItem[]> {
    const { items } = this.#collection;
    const slots = rows.map((row) => row - this.#first);
    const names = slots.map((slot) => items.at(slot));
    const thumbnails = await this.#collection.thumbnails(slots);
    return rows.map((row, i) => ({
      row,
      id: names[i].id,
      labels: names[i].labels,
      thumbnail: toBlob(thumbnails[i]),
      own: true,
    }));
  }

  close(): Promise<void> {
    return this.#collection.close();
  }
}

function toBlob(thumbnail: Thumbnail | undefined): Blob | null {
  return thumbnail === undefined ? null : new Blob([thumbnail.bytes], { type: thumbnail.type });
}
