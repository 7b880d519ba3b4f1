/** @file A folder of pictures: one folder a class, a `labels.csv`, or, where labels are optional, just pictures. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import { FileDataset, type FileEntry } from './file-dataset.ts';
import { byCodeUnit, isPictureName, kindOf, listFolder, walkPictures } from './files.ts';
import { type LabelledPath, parseLabelsCsv, parsePictureList } from './labels-csv.ts';

/** How a folder is opened. */
export interface FolderOptions {
  /** Pictures may be without labels. Default: false. */
  labelsOptional?: boolean;
  signal?: AbortSignal;
}

/** What people call the columns of such a list: `file`, `image_path`, `Tags`. */
const HEADING =
  /^((image|img|picture|photo|file|path|label|tag|class|categor(y|ie)|target|annotation|name|id|url)(e?s)?[ _-]?)+$/i;

/**
 * Opens a folder: with a `labels.csv` by that list, else by its class folders (the pictures of class `cat` lie
 * anywhere below `cat/`). With `labelsOptional` the pictures may also lie in the folder itself.
 *
 * @throws {DataError} NO_IMAGES, NO_CLASSES, IMAGE_WITHOUT_LABEL, CSV_INVALID
 */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<Dataset> {
  const list = join(folder, 'labels.csv');
  if ((await kindOf(list)) === 'file') return openList(list, options);
  const { labelsOptional = false, signal } = options;
  const { folders, pictures } = await listFolder(folder);
  const entries: FileEntry[] = [];
  const classes: string[] = [];
  const warnings: string[] = [];
  for (const name of folders) {
    const found = await walkPictures(join(folder, name), folder, signal);
    warnings.push(...found.back.map((path) => leadsBack(join(folder, name, path))));
    if (found.pictures.length === 0) continue;
    const label = classes.push(name) - 1;
    for (const path of found.pictures) {
      entries.push({ id: `${name}/${path}`, path: join(folder, name, path), labels: [label] });
    }
  }
  for (const name of pictures) entries.push({ id: name, path: join(folder, name), labels: [] });
  return new FileDataset({ name: nameOf(folder), classes, entries, source: folder, labelsOptional, warnings });
}

const leadsBack = (link: string): string =>
  `${link} leads back to the folder that it lies in: the pictures behind it are taken once, where they lie`;

/**
 * Opens a list of pictures: a CSV file (path, labels separated by `;`), or a `.txt` file with one path a line.
 * Paths are relative to the list's own folder.
 *
 * @throws {DataError} CSV_INVALID, NO_IMAGES, NO_CLASSES, IMAGE_WITHOUT_LABEL, DATASET_NOT_FOUND for a picture
 */
export async function openList(file: string, options: FolderOptions = {}): Promise<Dataset> {
  const { labelsOptional = false } = options;
  const folder = resolve(file, '..');
  if (isPictureName(file)) {
    throw new DataError('DATASET_NOT_FOUND', `${file} is a picture, no data set: name the folder that it lies in`);
  }
  const text = await readFile(file);
  const rows = file.toLowerCase().endsWith('.txt') ? parsePictureList(text, file) : parseLabelsCsv(text, file);
  const classes = [...new Set(rows.flatMap((row) => row.labels))].sort(byCodeUnit);
  const index = new Map(classes.map((name, i) => [name, i]));
  const entries = rows.map((row) => ({
    id: row.path,
    path: join(folder, row.path),
    labels: row.labels.map((name) => index.get(name) as number),
  }));
  if (entries.length === 0) {
    throw new DataError('NO_IMAGES', `${file} lists no pictures: expected a row for each, such as cats/1.jpg,cat`);
  }
  await checkListed(file, rows, entries);
  return new FileDataset({ name: nameOf(folder), classes, entries, source: file, labelsOptional });
}

/** A list of which not one picture is there isn't a list of this folder; a first row that names none may be a header. */
async function checkListed(file: string, rows: LabelledPath[], entries: FileEntry[]): Promise<void> {
  const [first] = rows;
  if ((await kindOf(entries[0].path)) !== undefined) return;
  const isHeader = [first.path, ...first.labels].every((cell) => HEADING.test(cell));
  if (isHeader && !file.toLowerCase().endsWith('.txt')) {
    throw new DataError(
      'CSV_INVALID',
      `${file}: the header must be path,labels; found ${[first.path, ...first.labels].join()}`,
    );
  }
  for (const { path } of entries) if ((await kindOf(path)) !== undefined) return;
  const [separator] = /[;\t|](?=[^;\t|]*$)/.exec(first.path) ?? [];
  if (separator !== undefined && rows.every(({ labels }) => labels.length === 0)) {
    throw new DataError(
      'CSV_INVALID',
      `${file} has one column, such as ${JSON.stringify(first.path)}: put a comma, not ${JSON.stringify(separator)}, between path and labels (several labels are separated by ";")`,
    );
  }
  throw new DataError(
    'NO_IMAGES',
    `not one picture that ${file} lists is there; the first is ${entries[0].path}: paths are relative to the list's folder`,
  );
}

function nameOf(folder: string): string {
  return basename(resolve(folder)) || 'folder';
}
