/** @file What a run is made of: rows of a data set, as anybody else can find them. */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { DATASET_NAMES, type Dataset } from '@dqn/data';
import type { PictureRef, Source } from '../job.ts';
import { digestOf } from './dataset.ts';

/** Pictures to be put into a queue. */
export interface RunPictures {
  readonly source: Source;
  readonly length: number;
  /** @param number from 0 to length − 1 */
  ref(number: number): PictureRef;
}

/**
 * Rows of a data set as pictures of a run: by their files where they have any, else by their numbers in it.
 *
 * @param spec what the data set was opened by
 */
export function runPictures(dataset: Dataset, rows: ArrayLike<number>, spec: string): RunPictures {
  const files = dataset.path?.bind(dataset);
  const isNamed = (DATASET_NAMES as readonly string[]).includes(spec);
  const folder = files && rows.length > 0 ? folderOf(files, rows) : '';
  return {
    source: files
      ? { kind: 'files', place: folder, digest: '' }
      : { kind: 'dataset', place: isNamed ? spec : resolve(spec), digest: digestOf(dataset) },
    length: rows.length,
    ref(number) {
      const row = rows[number];
      return {
        number,
        id: dataset.id(row),
        at: files ? within(folder, resolve(files(row))) : String(row),
        labels: dataset.labels(row).map((label) => dataset.classes[label]),
      };
    },
  };
}

/** The deepest folder that all files lie in: its being there says whether a worker has them. */
function folderOf(path: (row: number) => string, rows: ArrayLike<number>): string {
  let folder = dirname(resolve(path(rows[0])));
  for (let i = 1; i < rows.length; i++) {
    const file = resolve(path(rows[i]));
    while (within(folder, file) === file && folder !== dirname(folder)) folder = dirname(folder);
  }
  return folder;
}

/** The path from a folder; the whole path of a file that doesn't lie in it. */
function within(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
