/**
 * @file miml2000: 2,000 natural scenes, five labels, several a picture; 1,500 to train, 500 to ask with.
 * Layout: `classes_names.txt`; `train_img.txt` (a file name a line), `train_label.txt` (a row of 0 and 1 a line),
 * `train_img/`; the same for `test`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import { FileDataset, type FileEntry } from './file-dataset.ts';
import { kindOf } from './files.ts';

/** Whether a folder has the layout of miml2000. */
export async function holdsMiml2000(folder: string): Promise<boolean> {
  for (const name of ['classes_names.txt', 'train_img.txt', 'train_label.txt']) {
    if ((await kindOf(join(folder, name))) !== 'file') return false;
  }
  return true;
}

/**
 * Opens miml2000, training pictures first.
 *
 * @throws {DataError} DATASET_NOT_FOUND, DATASET_INVALID, IMAGE_WITHOUT_LABEL
 */
export async function openMiml2000(folder: string): Promise<Dataset> {
  const classes = await lines(join(folder, 'classes_names.txt'));
  const entries: FileEntry[] = [];
  for (const split of ['train', 'test'] as const) {
    const namesFile = join(folder, `${split}_img.txt`);
    const labelsFile = join(folder, `${split}_label.txt`);
    const names = await lines(namesFile);
    const rows = await lines(labelsFile);
    if (names.length !== rows.length) {
      throw new DataError(
        'DATASET_INVALID',
        `${labelsFile} has ${rows.length} rows, but ${namesFile} names ${names.length} pictures`,
      );
    }
    for (const [i, name] of names.entries()) {
      const labels = parseLabelRow(rows[i], classes.length, `${labelsFile}, row ${i + 1}`);
      entries.push({ id: `${split}/${name}`, path: join(folder, `${split}_img`, name), labels, split });
    }
  }
  return new FileDataset({ name: 'miml2000', classes, entries, source: folder });
}

/**
 * Reads a row such as `0 1 1 0 0` into the indices of its ones.
 *
 * @throws {DataError} DATASET_INVALID
 */
export function parseLabelRow(row: string, classes: number, where: string): number[] {
  const flags = row.trim().split(/[\s,]+/);
  if (flags.length !== classes || flags.some((flag) => flag !== '0' && flag !== '1')) {
    throw new DataError(
      'DATASET_INVALID',
      `${where}: expected ${classes} values of 0 or 1, found "${row.slice(0, 60)}"`,
    );
  }
  return flags.flatMap((flag, label) => (flag === '1' ? [label] : []));
}

async function lines(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new DataError('DATASET_NOT_FOUND', `${file} can't be read (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
