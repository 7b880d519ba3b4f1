/**
 * @file Own pictures in memory: what is known of each, and an index of their codes.
 *
 * Each has a slot, its id in the index, from 0. It keeps it as long as the page is open, and no other gets it: whoever holds
 * a slot never means another picture by it.
 */
import { type Codebook, createIndex, type Distance, decode, type Hits, type PqIndex } from '@dqn/pq';
import type { News, PlacedChange } from './journal.ts';

type Put = Extract<PlacedChange, { kind: 'put' }>;

/** What is known of a picture; places are those of the journal. */
export type OwnItem = Omit<Put, 'kind' | 'code'>;

/** Which pictures may be found. */
export interface OwnFilter {
  /** Pictures with at least one of these. */
  readonly labels?: readonly string[] | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly slots?: readonly number[] | undefined;
}

/** The pictures of one collection. */
export class OwnItems {
  readonly #codebook: Codebook;
  readonly #index: PqIndex;
  readonly #items: (OwnItem | undefined)[] = [];
  readonly #slotOf = new Map<string, number>();
  /** How many pictures have a label. */
  readonly #labels = new Map<string, number>();
  #bytes = 0;
  /** Until something changes. */
  #lastFilter: { readonly key: string; readonly bitmap: Uint32Array } | undefined;

  private constructor(codebook: Codebook, index: PqIndex) {
    this.#codebook = codebook;
    this.#index = index;
  }

  static async create(codebook: Codebook): Promise<OwnItems> {
    // This is a thread of its own already.
    return new OwnItems(codebook, await createIndex({ codebook, codes: new Uint8Array(0), threads: 0 }));
  }

  get count(): number {
    return this.#slotOf.size;
  }

  /** Names that any picture has as a label. */
  get labels(): string[] {
    return [...this.#labels.keys()];
  }

  /** Slots that were ever given. */
  get slots(): number {
    return this.#items.length;
  }

  /** Bytes of the journal that are theirs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over what the journal has. */
  apply({ all, changes }: News): void {
    this.#lastFilter = undefined;
    const codes = new Map<number, Uint8Array | undefined>();
    const seen = all ? new Set<number>() : undefined;
    for (const change of changes) {
      if (change.kind === 'remove') this.#remove(this.#slotOf.get(change.id), codes);
      else {
        const slot = this.#put(change, codes);
        seen?.add(slot);
      }
    }
    if (seen !== undefined) {
      for (const slot of [...this.#slotOf.values()]) if (!seen.has(slot)) this.#remove(slot, codes);
    }
    const put = [...codes].filter(([slot, code]) => code !== undefined && !this.#hasCode(slot, code));
    const codesPut = new Uint8Array(put.length * this.#codebook.M);
    for (const [i, [, code]] of put.entries()) codesPut.set(code!, i * this.#codebook.M);
    if (put.length > 0)
      this.#index.upsert(
        put.map(([slot]) => slot),
        codesPut,
      );
    this.#index.remove([...codes].flatMap(([slot, code]) => (code === undefined ? [slot] : [])));
  }

  find(id: string): number | undefined {
    return this.#slotOf.get(id);
  }

  has(slot: number): boolean {
    return this.#items[slot] !== undefined;
  }

  /** A picture that is there. */
  at(slot: number): OwnItem {
    return this.#items[slot]!;
  }

  code(slot: number): Uint8Array {
    return this.#index.code(slot)!;
  }

  /** What its code stands for, float32 [D]. */
  vector(slot: number): Float32Array {
    return decode(this.#codebook, this.code(slot));
  }

  /** Slots of all pictures, the newest last. */
  *all(): Generator<number> {
    for (let slot = 0; slot < this.#items.length; slot++) if (this.has(slot)) yield slot;
  }

  /** Whether any picture has a label. */
  hasLabel(label: string): boolean {
    return this.#labels.has(label);
  }

  /** The nearest slots. @throws PqError */
  search(query: Float32Array, o: { k: number; distance: Distance; filter?: OwnFilter | undefined }): Hits {
    const { filter, distance } = o;
    if (this.count === 0) return { ids: new Uint32Array(0), distances: new Float64Array(0) } as Hits;
    const narrowed = filter && { filter: { bitmap: this.#bitmapOf(filter) } };
    return this.#index.search(query, { k: Math.min(o.k, this.count), distance, ...narrowed });
  }

  close(): void {
    this.#index.close();
  }

  #put({ code, ...item }: Put, codes: Map<number, Uint8Array | undefined>): number {
    const { id, at, length, metadataAt, metadataLength, thumbnailLength } = item;
    const slot = this.#slotOf.get(id) ?? this.#items.length;
    this.#forget(this.#items[slot]);
    const { labels, thumbnailType } = item;
    this.#items[slot] = { id, labels, thumbnailType, at, length, metadataAt, metadataLength, thumbnailLength };
    this.#bytes += length;
    for (const label of labels) this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    this.#slotOf.set(id, slot);
    codes.set(slot, code);
    return slot;
  }

  #remove(slot: number | undefined, codes: Map<number, Uint8Array | undefined>): void {
    if (slot === undefined) return;
    const item = this.at(slot);
    this.#forget(item);
    this.#items[slot] = undefined;
    this.#slotOf.delete(item.id);
    codes.set(slot, undefined);
  }

  #forget(item: OwnItem | undefined): void {
    if (item === undefined) return;
    this.#bytes -= item.length;
    for (const label of item.labels) {
      const others = this.#labels.get(label)! - 1;
      if (others === 0) this.#labels.delete(label);
      else this.#labels.set(label, others);
    }
  }

  #hasCode(slot: number, code: Uint8Array): boolean {
    const there = this.#index.code(slot);
    return there?.every((subcode, m) => subcode === code[m]) ?? false;
  }

  /** The same filter comes again, from a live camera, say. */
  #bitmapOf(filter: OwnFilter): Uint32Array {
    const key = JSON.stringify(filter);
    if (this.#lastFilter?.key !== key) this.#lastFilter = { key, bitmap: this.#bitmap(filter) };
    return this.#lastFilter.bitmap;
  }

  #bitmap({ labels, ids, slots }: OwnFilter): Uint32Array {
    const words = new Uint32Array((this.slots + 31) >>> 5);
    const [byLabel, byId, bySlot] = [labels && new Set(labels), ids && new Set(ids), slots && new Set(slots)];
    for (const slot of this.all()) {
      const item = this.at(slot);
      if (byLabel !== undefined && !item.labels.some((label) => byLabel.has(label))) continue;
      if ((byId?.has(item.id) ?? true) && (bySlot?.has(slot) ?? true)) words[slot >>> 5] |= 1 << (slot & 31);
    }
    return words;
  }
}
