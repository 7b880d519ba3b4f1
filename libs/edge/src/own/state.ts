/** @file What a page hears of its own pictures. */

/** What is wrong with keeping them. */
export interface OwnTrouble {
  /**
   * `STORAGE_DENIED`: this browser keeps nothing for this page; `STORAGE_FULL`: nothing more can be added;
   * `OWN_DAMAGED`: some can't be read any more.
   */
  readonly code: 'STORAGE_DENIED' | 'STORAGE_FULL' | 'OWN_DAMAGED';
  readonly message: string;
}

/** Own pictures: how many, where. */
export interface OwnState {
  /** Pictures that can be found. */
  readonly count: number;
  /** Bytes that they take in the browser's storage. */
  readonly bytes: number;
  /** Names that any of them has as a label. */
  readonly labels: readonly string[];
  /** Whether they are there when the page is opened again; false: they last as long as the page. */
  readonly kept: boolean;
  /** Whether the browser has promised not to remove them when it needs room. */
  readonly persisted: boolean;
  readonly trouble?: OwnTrouble | undefined;
}

/** A picture that wasn't added, and why. */
export interface Rejected {
  /** Its place in what was given. */
  readonly index: number;
  readonly id?: string | undefined;
  /** `NOT_A_PICTURE`, `PICTURE_TOO_LARGE`, `BAD_ITEM`, `STORAGE_FULL` … */
  readonly code: string;
  readonly message: string;
}

/** What became of pictures that were to be added. */
export interface Added {
  /** Of those that are kept, in the order in which they were given. */
  readonly ids: readonly string[];
  readonly rejected: readonly Rejected[];
}

/** How far an addition or an import is. */
export interface OwnProgress {
  /** Pictures that are kept or were rejected. */
  readonly done: number;
  readonly total: number;
}
