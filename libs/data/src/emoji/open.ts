/** @file The demo set: Google's emoji, 64 px, labelled by category and subcategory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { FileDataset } from '../file-dataset.ts';
import { byCodeUnit } from '../files.ts';
import { readCatalogue } from './catalogue.ts';
import { EMOJI_COUNT, type FetchEmojiOptions, fetchEmoji } from './fetch.ts';

/**
 * Opens the emoji, and fetches them the first time. Classes: the categories, then the subcategories. A group is
 * an emoji with all its skin tones and with every emoji that shows the very same picture (some flags do).
 *
 * @throws {DataError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH, DATASET_INVALID
 */
export async function openEmoji(options: FetchEmojiOptions & { count?: number }): Promise<Dataset> {
  const folder = await fetchEmoji(options);
  const file = join(folder, 'emoji.json');
  const pictures = readCatalogue(await readFile(file, 'utf8'), file);
  const { count = EMOJI_COUNT } = options;
  if (pictures.length !== count) {
    throw new DataError(
      'DATASET_INVALID',
      `${file}: expected ${count} pictures, found ${pictures.length}: remove ${folder} and try again`,
    );
  }
  const categories = [...new Set(pictures.map((picture) => picture.category))].sort(byCodeUnit);
  const subcategories = [...new Set(pictures.map((picture) => picture.subcategory))].sort(byCodeUnit);
  const classes = [...categories, ...subcategories];
  const hashes = JSON.parse(await readFile(join(folder, 'hashes.json'), 'utf8')) as Record<string, string>;
  const groupOf = joinGroups(pictures.map(({ base, image }) => [base, hashes[image]]));
  const entries = pictures.map(({ id, image, category, subcategory, base }) => ({
    id,
    path: join(folder, 'img', 'google', '64', image),
    labels: [categories.indexOf(category), categories.length + subcategories.indexOf(subcategory)],
    group: groupOf(base),
  }));
  return new FileDataset({ name: 'emoji', classes, entries, source: folder });
}

/** Union–find: keys that a chain of pairs connects get the same representative. */
function joinGroups(pairs: [string, string][]): (key: string) => string {
  const parent = new Map<string, string>();
  const root = (key: string): string => {
    let at = key;
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up;
    return at;
  };
  for (const [a, b] of pairs) {
    const [x, y] = [root(a), root(b)];
    if (x !== y) parent.set(y, x);
  }
  return root;
}
