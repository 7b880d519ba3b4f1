/** @file `labels.csv`: path, labels separated by `;`. */
import { posix } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from './errors.ts';

/** One row: a path relative to the list's folder, with `/`, and the names of its labels. */
export interface LabelledPath {
  path: string;
  labels: string[];
}

/**
 * Reads `labels.csv`. A first row `path,labels` is taken for a header and may be missing; fields may be quoted;
 * more than two columns, an empty path, a path outside of the folder or a path named twice is an error.
 *
 * @param name the file's name, for messages
 * @throws {DataError} CSV_INVALID with the number of the row
 */
export function parseLabelsCsv(bytes: Uint8Array, name = 'labels.csv'): LabelledPath[] {
  let records: string[][];
  try {
    records = parse(decodeText(bytes, name), {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as string[][];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DataError('CSV_INVALID', `${name}: ${cause.message}`, { cause });
  }
  const hasHeader = records[0]?.[0].toLowerCase() === 'path' && /^labels?$/i.test(records[0][1] ?? '');
  const rows: LabelledPath[] = [];
  const firstAt = new Map<string, number>();
  for (let i = hasHeader ? 1 : 0; i < records.length; i++) {
    const [path, labels = '', ...more] = records[i];
    const where = `${name}, row ${i + 1}`;
    if (more.length > 0) {
      throw new DataError(
        'CSV_INVALID',
        `${where} has ${records[i].length} columns: expected path,labels with the labels separated by ";"`,
      );
    }
    rows.push({ path: checkPath(path, where, firstAt, i + 1), labels: splitLabels(labels) });
  }
  return rows;
}

/**
 * Reads a list of paths, one a line; empty lines and lines that start with `#` are left out.
 *
 * @throws {DataError} CSV_INVALID with the number of the line
 */
export function parsePictureList(bytes: Uint8Array, name = 'list.txt'): LabelledPath[] {
  const firstAt = new Map<string, number>();
  const rows: LabelledPath[] = [];
  for (const [i, line] of decodeText(bytes, name).split(/\r?\n/).entries()) {
    const path = line.trim();
    if (path === '' || path.startsWith('#')) continue;
    rows.push({ path: checkPath(path, `${name}, line ${i + 1}`, firstAt, i + 1), labels: [] });
  }
  return rows;
}

function splitLabels(text: string): string[] {
  const names = text.split(';').map((label) => label.trim());
  return [...new Set(names.filter((label) => label !== ''))];
}

function checkPath(text: string, where: string, firstAt: Map<string, number>, at: number): string {
  if (text === '') throw new DataError('CSV_INVALID', `${where}: the path is empty`);
  if (text.includes('\0')) throw new DataError('CSV_INVALID', `${where}: the path holds a zero byte`);
  const path = posix.normalize(text.replaceAll('\\', '/'));
  // A list that came with downloaded data must not make us read (and publish as thumbnails) other files.
  if (path.startsWith('/') || path.startsWith('../') || path === '..' || /^[a-z]:/i.test(path)) {
    throw new DataError('CSV_INVALID', `${where}: ${text} leads out of the folder; paths are relative to it`);
  }
  const first = firstAt.get(path);
  if (first !== undefined) {
    throw new DataError('CSV_INVALID', `${where}: ${path} was named in row ${first} already`);
  }
  firstAt.set(path, at);
  return path;
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('CSV_INVALID', `${name} isn't UTF-8 text`, { cause });
  }
}
