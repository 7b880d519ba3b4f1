/** @file What a data set is: pictures by row, each with class indices. */
import { DataError } from './errors.ts';

/** A decoded picture. `data`: RGB bytes, [height, width, 3] row-major. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Progress of long work: `done` of `total` (0 where the total isn't known). */
export interface DataProgress {
  stage: 'download' | 'extract' | 'read';
  done: number;
  total: number;
  unit: 'bytes' | 'pictures';
  /** What is being worked on, for people. */
  what: string;
}

/** Labelled pictures, addressed by row 0 … length−1; the order never changes between two openings. */
export interface Dataset {
  /** `cifar10`, `miml2000`, `emoji`, or the folder's own name. */
  readonly name: string;
  /** Names of the classes; a label is an index into this list. */
  readonly classes: string[];
  /** Number of pictures. */
  readonly length: number;
  /** What is odd but no error, one sentence each (a class with one picture, say). */
  readonly warnings: readonly string[];
  /** Readable, unique and stable name of a picture. */
  id(row: number): string;
  /** Class indices, ascending; empty only where labels were opened as optional. */
  labels(row: number): readonly number[];
  /** Near-duplicates share a group, and no split tears a group apart; by default the picture's own id. */
  group(row: number): string;
  /** The split that the data set itself comes with. */
  split?(row: number): 'train' | 'test' | undefined;
  /** Path of the file that a picture is, where it is one; absolute or relative to the working folder. */
  path?(row: number): string | undefined;
  /**
   * Decodes one picture.
   *
   * @throws {DataError} UNREADABLE_PICTURE, PICTURE_TOO_LARGE, ROW_OUT_OF_RANGE
   */
  read(row: number, signal?: AbortSignal): Promise<Picture>;
  /** What identifies this data: the same text means the same pictures' names and labels in the same order. */
  describe(): string;
  /** Frees what the data set holds in memory. */
  close?(): void;
}

/** Whether two label lists have a class in common: the similarity that DQN learns and is measured by. */
export function sharesLabel(a: readonly number[], b: readonly number[]): boolean {
  for (const label of a) {
    if (b.includes(label)) return true;
  }
  return false;
}

/** @throws {DataError} ROW_OUT_OF_RANGE */
export function checkRow(name: string, row: number, length: number): void {
  if (!Number.isInteger(row) || row < 0 || row >= length) {
    throw new DataError('ROW_OUT_OF_RANGE', `row ${row} of ${name}: it has rows 0 to ${length - 1}`);
  }
}

/** Pictures per class: how often each class index occurs. */
export function countClasses(dataset: Pick<Dataset, 'classes' | 'length' | 'labels'>): Uint32Array {
  const counts = new Uint32Array(dataset.classes.length);
  for (let row = 0; row < dataset.length; row++) {
    for (const label of dataset.labels(row)) counts[label]++;
  }
  return counts;
}
