/** @file `labels.csv`: path, labels separated by `;`. */
import { posix } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from './errors.ts';

/** One row: a path relative to the list's folder, with `/`, and the names of its labels. */
export interface LabelledPath {
  path: string;
  labels: string[];
}

/** A record as the parser gives it, with the line at which it ends. */
interface Row {
  record: string[];
  info: { lines: number };
}

/**
 * Reads `labels.csv`. Rows without any content are left out, as spreadsheets leave them behind. A first row `path,labels` is taken for a header and may be missing; fields may be quoted;
 * more than two columns, an empty path, a path outside of the folder or a path named twice is an error.
 *
 * @param name the file's name, for messages
 * @throws {DataError} CSV_INVALID with the number of the line
 */
export function parseLabelsCsv(bytes: Uint8Array, name = 'labels.csv'): LabelledPath[] {
  let records: Row[];
  try {
    records = parse(decodeText(bytes, name), {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as Row[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DataError('CSV_INVALID', `${name} can't be read as CSV: ${cause.message}`, { cause });
  }
  const [head = []] = records.map(({ record }) => record);
  const hasHeader = head[0]?.toLowerCase() === 'path' && /^labels?$/i.test(head[1] ?? '');
  const rows: LabelledPath[] = [];
  const firstAt = new Map<string, number>();
  for (const { record, info } of records.slice(hasHeader ? 1 : 0)) {
    const [path, labels = '', ...more] = record;
    const where = `${name}, line ${info.lines}`;
    if (more.some((cell) => cell !== '')) {
      throw new DataError(
        'CSV_INVALID',
        `${where} has ${record.length} columns: expected path,labels with the labels separated by ";"`,
      );
    }
    rows.push({ path: checkPath(path, where, firstAt, info.lines), labels: splitLabels(labels) });
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
  if (text === '') throw new DataError('CSV_INVALID', `${where}: the path is empty; expected path,labels`);
  if (text.includes('\0')) throw new DataError('CSV_INVALID', `${where}: the path holds a zero byte`);
  const path = posix.normalize(text.replaceAll('\\', '/'));
  // A list that came with downloaded data must not make us read (and publish as thumbnails) other files.
  if (path.startsWith('/') || path.startsWith('../') || path === '..' || /^[a-z]:/i.test(path)) {
    throw new DataError('CSV_INVALID', `${where}: ${text} leads out of the folder; paths are relative to it`);
  }
  const first = firstAt.get(path);
  if (first !== undefined) {
    throw new DataError(
      'CSV_INVALID',
      `${where}: ${path} was named in line ${first} already; give a picture one line, with all its labels`,
    );
  }
  firstAt.set(path, at);
  return path;
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('CSV_INVALID', `${name} isn't UTF-8 text: save it as that (in a spreadsheet: "CSV UTF-8")`, {
      cause,
    });
  }
}
