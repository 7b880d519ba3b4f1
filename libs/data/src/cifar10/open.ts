/** @file CIFAR-10 as a data set: rows 0 … 49,999 are the training batches, 50,000 … 59,999 the test batch. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRow, type Dataset, type Picture } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { BATCH_FILES, checkBatch, labelAt, META_FILE, parseMeta, pictureAt, RECORDS_PER_FILE } from './batches.ts';

/** CIFAR-10 in memory (184 MB until {@link Cifar10.close}). */
export class Cifar10 implements Dataset {
  readonly name = 'cifar10';
  readonly classes: string[];
  readonly length = BATCH_FILES.length * RECORDS_PER_FILE;
  readonly warnings: readonly string[] = [];
  readonly #labels: readonly number[][];
  readonly #hash: string;
  #batches: Uint8Array[];

  /** @param batches the six checked files, in the order of {@link BATCH_FILES} */
  constructor(batches: Uint8Array[], classes: string[]) {
    this.classes = classes;
    this.#batches = batches;
    // One array a class, shared by its pictures.
    const shared = classes.map((_, label) => [label]);
    this.#labels = Array.from(
      { length: this.length },
      (_, row) => shared[labelAt(batches[Math.floor(row / RECORDS_PER_FILE)], row % RECORDS_PER_FILE)],
    );
    this.#hash = createHash('sha256')
      .update(Uint8Array.from(this.#labels, ([label]) => label))
      .digest('hex');
  }

  id(row: number): string {
    checkRow(this.name, row, this.length);
    const isTest = row >= 50_000;
    return `${isTest ? 'test' : 'train'}/${String(isTest ? row - 50_000 : row).padStart(5, '0')}`;
  }

  labels(row: number): readonly number[] {
    checkRow(this.name, row, this.length);
    return this.#labels[row];
  }

  group(row: number): string {
    return this.id(row);
  }

  split(row: number): 'train' | 'test' {
    checkRow(this.name, row, this.length);
    return row < 50_000 ? 'train' : 'test';
  }

  async read(row: number, signal?: AbortSignal): Promise<Picture> {
    signal?.throwIfAborted();
    checkRow(this.name, row, this.length);
    const batch = this.#batches[Math.floor(row / RECORDS_PER_FILE)];
    if (!batch) throw new DataError('DATASET_INVALID', 'cifar10 was closed: open it again to read pictures');
    return pictureAt(batch, row % RECORDS_PER_FILE);
  }

  describe(): string {
    return `cifar10: ${this.length} pictures, 10 classes, labels ${this.#hash}`;
  }

  close(): void {
    this.#batches = [];
  }
}

/**
 * Opens the official files in a folder.
 *
 * @throws {DataError} DATASET_NOT_FOUND, DATASET_TRUNCATED, DATASET_INVALID, each naming the file
 */
export async function openCifar10(folder: string, signal?: AbortSignal): Promise<Cifar10> {
  const batches: Uint8Array[] = [];
  for (const name of BATCH_FILES) {
    const path = join(folder, name);
    const bytes = await readOrThrow(path, signal);
    checkBatch(bytes, path);
    batches.push(bytes);
  }
  const meta = join(folder, META_FILE);
  return new Cifar10(batches, parseMeta((await readOrThrow(meta, signal)).toString('utf8'), meta));
}

async function readOrThrow(path: string, signal?: AbortSignal): Promise<Buffer> {
  try {
    return await readFile(path, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw new DataError(
      'DATASET_NOT_FOUND',
      `${path} can't be read (${(cause as NodeJS.ErrnoException).code}): CIFAR-10 needs ${BATCH_FILES.join(', ')} and ${META_FILE}`,
      { cause },
    );
  }
}
