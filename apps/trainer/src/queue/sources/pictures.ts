/** @file What a run is made of: rows of a data set, as anybody else can find them. */
import { existsSync } from 'node:fs';
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
  const files = filesOf(dataset, rows);
  const folder = files && folderOf(files);
  return {
    source:
      folder === undefined
        ? { kind: 'dataset', place: placeOf(spec), digest: digestOf(dataset) }
        : { kind: 'files', place: folder, digest: '' },
    length: rows.length,
    ref(number) {
      const row = rows[number];
      return {
        number,
        id: dataset.id(row),
        at: files && folder !== undefined ? within(folder, files[number]) : String(row),
        labels: dataset.labels(row).map((label) => dataset.classes[label]),
      };
    },
  };
}

/** Absolute paths, where every picture is a file of its own. */
function filesOf(dataset: Dataset, rows: ArrayLike<number>): string[] | undefined {
  const files: string[] = [];
  for (let i = 0; i < rows.length; i++) {
    const path = dataset.path?.(rows[i]);
    if (path === undefined) return undefined;
    files.push(resolve(path));
  }
  return files.length > 0 ? files : undefined;
}

/** A name that other hosts have for themselves stays one; what lies at a path lies there for all. */
function placeOf(spec: string): string {
  const isNamed = (DATASET_NAMES as readonly string[]).includes(spec);
  return !isNamed && existsSync(spec) ? resolve(spec) : spec;
}

/** The deepest folder that all files lie in: its being there says whether a worker has them. */
function folderOf(files: readonly string[]): string {
  let folder = dirname(files[0]);
  for (const file of files) {
    while (within(folder, file) === file && folder !== dirname(folder)) folder = dirname(folder);
  }
  return folder;
}

/** The path from a folder; the whole path of a file that doesn't lie in it. */
function within(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
