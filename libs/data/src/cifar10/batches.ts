/** @file CIFAR-10's official binary layout: 10,000 records a file, each one label byte and 3,072 planar RGB bytes. */
import type { Picture } from '../dataset.ts';
import { DataError } from '../errors.ts';

/** Edge of a picture in pixels. */
export const CIFAR_SIZE = 32;
const PLANE = CIFAR_SIZE * CIFAR_SIZE;
/** Bytes of a record: a label, then the red, the green and the blue plane. */
export const RECORD_BYTES = 1 + 3 * PLANE;
/** Records of an official file. */
export const RECORDS_PER_FILE = 10_000;
/** The official files, training batches first: the order of the rows. */
export const BATCH_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
/** The names of the ten classes, one a line. */
export const META_FILE = 'batches.meta.txt';

/**
 * Checks a batch file: its size and that every label is one of ten.
 *
 * @param records how many it must hold
 * @throws {DataError} DATASET_TRUNCATED, DATASET_INVALID
 */
export function checkBatch(bytes: Uint8Array, name: string, records: number = RECORDS_PER_FILE): void {
  const expected = records * RECORD_BYTES;
  if (bytes.length !== expected) {
    throw new DataError(
      'DATASET_TRUNCATED',
      `${name}: expected ${expected} bytes (${records} records of ${RECORD_BYTES}), found ${bytes.length}: fetch the file again`,
    );
  }
  for (let i = 0; i < records; i++) {
    const label = bytes[i * RECORD_BYTES];
    if (label > 9) {
      throw new DataError('DATASET_INVALID', `${name}: record ${i} has label ${label}, expected 0 to 9`);
    }
  }
}

/**
 * Reads the class names.
 *
 * @throws {DataError} DATASET_INVALID
 */
export function parseMeta(text: string, name: string = META_FILE): string[] {
  const classes = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (classes.length !== 10 || new Set(classes).size !== 10) {
    throw new DataError('DATASET_INVALID', `${name}: expected ten distinct class names, found ${classes.length} lines`);
  }
  return classes;
}

/** One record's label. */
export function labelAt(batch: Uint8Array, record: number): number {
  return batch[record * RECORD_BYTES];
}

/** Writes one record's pixels interleaved, [32, 32, 3], into `out` at byte `at`. */
export function pixelsAt(batch: Uint8Array, record: number, out: Uint8Array, at: number): void {
  const red = record * RECORD_BYTES + 1;
  for (let i = 0; i < PLANE; i++) {
    out[at + 3 * i] = batch[red + i];
    out[at + 3 * i + 1] = batch[red + PLANE + i];
    out[at + 3 * i + 2] = batch[red + 2 * PLANE + i];
  }
}

/** One record as a picture. */
export function pictureAt(batch: Uint8Array, record: number): Picture {
  const data = new Uint8Array(3 * PLANE);
  pixelsAt(batch, record, data, 0);
  return { width: CIFAR_SIZE, height: CIFAR_SIZE, data };
}
