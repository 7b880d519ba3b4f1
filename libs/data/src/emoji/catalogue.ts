/** @file The list of emoji in `emoji-datasource`'s emoji.json: one picture each, and one per skin tone. */
import { DataError } from '../errors.ts';

/** One picture. */
export interface EmojiPicture {
  /** Code points and short name: `1f1e9-1f1ea flag-de`. */
  id: string;
  /** Name of the file in img/google/64. */
  image: string;
  category: string;
  subcategory: string;
  /** Code points of the emoji without skin tone. */
  base: string;
}

interface RawEmoji {
  image: string;
  short_name: string;
  category: string;
  subcategory: string;
  has_img_google: boolean;
  skin_variations?: Record<string, { image: string; has_img_google: boolean }>;
}

/**
 * Reads emoji.json, sorted by file name.
 *
 * @throws {DataError} DATASET_INVALID
 */
export function readCatalogue(text: string, name: string): EmojiPicture[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new DataError('DATASET_INVALID', `${name} isn't JSON: remove the folder and try again`, { cause });
  }
  if (!Array.isArray(parsed)) throw new DataError('DATASET_INVALID', `${name}: expected a list of emoji`);
  const pictures: EmojiPicture[] = [];
  for (const [i, emoji] of parsed.entries()) {
    if (!isEmoji(emoji)) {
      throw new DataError('DATASET_INVALID', `${name}, entry ${i}: expected image, short_name, category, subcategory`);
    }
    const { category, subcategory, short_name } = emoji;
    const base = emoji.image.replace(/\.png$/, '');
    for (const { image, has_img_google } of [emoji, ...Object.values(emoji.skin_variations ?? {})]) {
      if (!has_img_google) continue;
      pictures.push({ id: `${image.replace(/\.png$/, '')} ${short_name}`, image, category, subcategory, base });
    }
  }
  return pictures.sort((a, b) => (a.image < b.image ? -1 : 1));
}

function isEmoji(value: unknown): value is RawEmoji {
  const emoji = value as RawEmoji | null;
  return (
    typeof emoji === 'object' &&
    emoji !== null &&
    [emoji.image, emoji.short_name, emoji.category, emoji.subcategory].every((field) => typeof field === 'string') &&
    /^[0-9a-z-]+\.png$/.test(emoji.image)
  );
}
