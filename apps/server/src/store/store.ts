/**
 * @file The port behind which a live gallery is kept: what the server asks of it, whoever keeps it.
 *
 * A write is answered when it is durable. A search sees each write that was answered before it began.
 */
import type { Distance } from '@dqn/pq';

/**
 * What an item is called. A gallery has ids of one kind: texts, or whole numbers (0 to 2^32 − 1; beyond that, up to
 * 2^64 − 1, as decimal text). A number is found by its decimal text, too, as a path has it.
 */
export type ItemId = string | number;

/** What metadata can be compared with. */
export type Scalar = string | number | boolean | null;

/** A JSON object. */
export type Metadata = { readonly [name: string]: unknown };

/** What is kept of an item. */
export interface StoredItem {
  readonly id: ItemId;
  /** [M] subcodes, each below K. */
  readonly code: Uint8Array;
  /** Names of classes; those that are new to the gallery are added to it. */
  readonly labels?: readonly string[] | undefined;
  readonly metadata?: Metadata | undefined;
  /** An encoded picture of the gallery's `thumbnailType`. */
  readonly thumbnail?: Uint8Array | undefined;
}

/** An item without its thumbnail, which is asked for by itself. */
export type FoundItem = Omit<StoredItem, 'thumbnail'> & { readonly labels: readonly string[] };

/** A range of numbers or, by UTF-16 unit, of texts; all bounds that are given hold. */
export interface Range {
  readonly gt?: number | string | undefined;
  readonly gte?: number | string | undefined;
  readonly lt?: number | string | undefined;
  readonly lte?: number | string | undefined;
}

/** Which items may be found. Of several parts an item has to pass each; a part with an empty list passes nothing. */
export interface ItemFilter {
  /** Items with at least one of these labels. */
  readonly labels?: readonly string[] | undefined;
  /** Items with these ids; ids that no item has are passed over. */
  readonly ids?: readonly ItemId[] | undefined;
  /**
   * By the name of a member of the metadata (of the first level): what it equals, a list of which it equals one, or a
   * range. A member that is a list passes if one of its values does. An item without the member doesn't pass.
   */
  readonly metadata?: Readonly<Record<string, Scalar | readonly Scalar[] | Range>> | undefined;
}

/** How to search. */
export interface StoreSearch {
  /** Hits wanted, 1 or more; default 10. */
  readonly k?: number | undefined;
  /** Hits left out before them; default 0. */
  readonly offset?: number | undefined;
  /** Default: the one that the codebook was learnt for. */
  readonly distance?: Distance | undefined;
  readonly filter?: ItemFilter | undefined;
  /** Whether hits bring the items' metadata; they don't unless told. */
  readonly metadata?: boolean | undefined;
  /**
   * Whoever gives it takes partial results, of a store that is spread over shards: it is called with those that don't
   * answer, if there are any, before the hits of the others come. Without it such a search fails.
   */
  readonly onMissing?: ((shards: readonly string[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A found item. */
export interface StoreHit {
  readonly id: ItemId;
  /** Smaller is nearer; for `ip` the negated inner product. */
  readonly distance: number;
  readonly labels: readonly string[];
  /** Where it was asked for and the item has any. */
  readonly metadata?: Metadata | undefined;
}

/** Why writes are refused, while they are. */
export interface WriteTrouble {
  /** `READ_ONLY`, `DISK_FULL`, `WRITE_FAILED`. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What a store says of itself. */
export interface StoreStats {
  /** Items. */
  readonly count: number;
  readonly M: number;
  readonly K: number;
  /** SHA-256 of the codebook.pb whose codes are kept. */
  readonly codebookSha256: string;
  /** Names of the classes that there are. */
  readonly classes: readonly string[];
  /** Media type of the thumbnails; empty while there are none and none was announced. */
  readonly thumbnailType: string;
  /** undefined while writes are taken. */
  readonly trouble: WriteTrouble | undefined;
  /** Bytes in memory: the index's arrays, and what is kept of the items beside it. */
  readonly bytes: { readonly index: number; readonly items: number };
  readonly journal: {
    /** Bytes that are not yet in the gallery file. */
    readonly bytes: number;
    /** Items that were written since the gallery file was. */
    readonly items: number;
    /** Bytes behind the last whole record that were cut off when it was opened. */
    readonly cut: number;
  };
  readonly writes: {
    /** Items put and removed since the store was opened. */
    readonly items: number;
    /** Times that the disk was waited for: writes at the same time share one. */
    readonly syncs: number;
    /** Bytes that wait to be written. */
    readonly waiting: number;
  };
  readonly compaction: {
    readonly running: boolean;
    readonly done: number;
    /** Milliseconds that the last one took. */
    readonly ms: number;
    /** Why the last one failed. */
    readonly failed: string | undefined;
  };
}

/** What `verify` looked at. Damage is thrown, not reported. */
export interface StoreCheck {
  readonly items: number;
  /** Bytes of the gallery and the journal that were read. */
  readonly bytes: number;
}

/**
 * Items that are searched while they change. Whatever is asked for after `close` throws ServerError `CLOSED`.
 */
export interface GalleryStore {
  /** Items. */
  readonly count: number;

  /**
   * Adds items, and replaces those that have their ids: all or none, durable when it returns. Of two with one id the later
   * one stays. At most 65,536 at a time.
   *
   * @returns for each whether it is new
   * @throws ServerError `BAD_ITEM`, `READ_ONLY`, `WRITES_REFUSED` (a full or failing disk: nothing has changed),
   * `OVERLOADED`; the signal's reason, unless it is being written already
   */
  put(items: readonly StoredItem[], o?: { readonly signal?: AbortSignal | undefined }): Promise<boolean[]>;

  /**
   * Removes items; ids that no item has are passed over.
   *
   * @returns for each whether it was there
   * @throws as `put`
   */
  remove(ids: readonly ItemId[], o?: { readonly signal?: AbortSignal | undefined }): Promise<boolean[]>;

  /** Whether there is such an item. */
  has(id: ItemId): Promise<boolean>;

  /**
   * An item; undefined if there is no such item.
   *
   * @param o.partial undefined, too, where what has it doesn't answer
   */
  get(
    id: ItemId,
    o?: { readonly signal?: AbortSignal | undefined; readonly partial?: boolean | undefined },
  ): Promise<FoundItem | undefined>;

  /** The thumbnail of an item; undefined where there is none. */
  thumbnail(id: ItemId, o?: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array | undefined>;

  /**
   * The items nearest to a vector, nearest first: exactly what a scan gives.
   *
   * @param query float32 [D]
   * @throws ServerError `BAD_QUERY` (length, numbers that aren't finite, k, offset, distance), `BAD_FILTER`,
   * `UNKNOWN_LABEL`; the signal's reason
   */
  search(query: Float32Array, o?: StoreSearch): Promise<StoreHit[]>;

  /**
   * Many queries, all answered from one state.
   *
   * @param queries float32 [n, D] row-major
   * @throws as `search`
   */
  searchMany(queries: Float32Array, o?: StoreSearch): Promise<StoreHit[][]>;

  /**
   * Writes all items as a gallery file of its own, as they are when it is called; writes and searches go on.
   *
   * @throws FormatError `DISK_FULL`, `WRITE_FAILED`; the signal's reason
   */
  snapshot(path: string, o?: { readonly signal?: AbortSignal | undefined }): Promise<void>;

  /**
   * Writes what came since into the gallery file, where there is one. It is done by itself when it is due.
   *
   * @throws FormatError `DISK_FULL` …; nothing is lost then
   */
  compact?(): Promise<void>;

  /** Reads everything that is on the disk and checks it. @throws FormatError or ServerError for damage */
  verify(o?: { readonly signal?: AbortSignal | undefined }): Promise<StoreCheck>;

  stats(): StoreStats;

  /** Waits for the writes that were begun, refuses others, and gives everything back. */
  close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}
