/**
 * @file What can be chosen: `catalogue.json` beside the page, a list of models with their galleries.
 *
 * `[{ "name": "birds", "title": "Birds", "model": "./birds/", "gallery": "./birds.gallery" }, …]`; the first is opened
 * unless the address says `?in=NAME`. An entry without a gallery searches one's own pictures alone. Where there is no
 * such file, the page opens ./model/ and ./gallery.
 */

import type { Settings } from './settings.ts';

/** A model and what is searched with it. */
export interface Entry {
  /** In the address, as ?in=NAME. */
  readonly name: string;
  readonly title: string;
  readonly model: string;
  readonly gallery: string | undefined;
}

/** What is opened where nobody says otherwise. */
const DEFAULT: Entry = { name: '', title: 'The gallery', model: './model/', gallery: './gallery' };

/** What can be chosen, and which of it the address names. */
export interface Catalogue {
  readonly entries: readonly Entry[];
  readonly chosen: Entry;
}

/**
 * Fetches the list; an address with ?model or ?gallery comes first and is chosen.
 *
 * @throws Error where there is a list that can't be read, and says what is wrong with it
 */
export async function readCatalogue(settings: Settings): Promise<Catalogue> {
  const listed = await fetchEntries();
  const { model, gallery } = settings;
  if (model !== undefined || gallery !== undefined) {
    const given: Entry = {
      ...DEFAULT,
      title: 'Of this address',
      model: model ?? DEFAULT.model,
      gallery: gallery ?? DEFAULT.gallery,
    };
    return { entries: [given, ...listed], chosen: given };
  }
  const entries = listed.length > 0 ? listed : [DEFAULT];
  return { entries, chosen: named(entries, settings.name) };
}

/** The entry of that name, or the first. */
export function named(entries: readonly Entry[], name: string): Entry {
  return entries.find((entry) => entry.name === name) ?? entries[0];
}

async function fetchEntries(): Promise<Entry[]> {
  const reply = await fetch('./catalogue.json').catch(() => undefined);
  if (!reply?.ok) return [];
  return parseEntries(await reply.text());
}

/** Reads the list. @throws Error naming the entry and what it lacks */
export function parseEntries(text: string): Entry[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new Error(`catalogue.json is no JSON (${(cause as Error).message}). Mend it, or take it away.`, { cause });
  }
  if (!Array.isArray(list)) throw new Error('catalogue.json has to be a list of { name, title, model, gallery }.');
  return list.map((value: unknown, i) => {
    const entry = (value ?? {}) as Record<string, unknown>;
    const bad = ['name', 'title', 'model'].find((key) => typeof entry[key] !== 'string' || entry[key] === '');
    if (bad || (entry.gallery !== undefined && typeof entry.gallery !== 'string')) {
      throw new Error(`Entry ${i + 1} of catalogue.json needs a text as its ${bad ?? 'gallery'}.`);
    }
    const { name, title, model, gallery } = entry as { [key: string]: string };
    return { name, title, model, gallery };
  });
}
