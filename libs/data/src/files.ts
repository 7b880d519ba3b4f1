/** @file Small questions to the file system. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { PICTURE_ENDINGS } from './picture.ts';

/** What a path is, links followed; `undefined` where there is nothing. */
export async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}

/** Names sorted by code units, the same on every machine and in every locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a file's ending says that it is a picture. */
export function isPictureName(name: string): boolean {
  return PICTURE_ENDINGS.has(extname(name).toLowerCase());
}

/** What lies directly in a folder, sorted, links followed, hidden names left out. */
export async function listFolder(folder: string): Promise<{ folders: string[]; pictures: string[] }> {
  const folders: string[] = [];
  const pictures: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    let kind = entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : undefined;
    if (entry.isSymbolicLink()) kind = await kindOf(join(folder, entry.name));
    if (kind === 'folder') folders.push(entry.name);
    else if (kind === 'file' && isPictureName(entry.name)) pictures.push(entry.name);
  }
  return { folders: folders.sort(byCodeUnit), pictures: pictures.sort(byCodeUnit) };
}

/** What {@link walkPictures} found. */
export interface Walked {
  /** Paths relative to the folder with `/`, sorted. */
  readonly pictures: string[];
  /** Links to a folder that holds the data, likewise: what is behind them lies elsewhere in it already. */
  readonly back: string[];
}

/**
 * Pictures below a folder.
 *
 * @param root - the data that the folder is a part of; a link that leads back to it, or out to a folder around it, is
 * not followed, and no folder is entered twice
 */
export async function walkPictures(folder: string, root: string, signal?: AbortSignal): Promise<Walked> {
  const [pictures, back]: [string[], string[]] = [[], []];
  const seen = new Set<string>();
  const whole = await realpath(root);
  async function walk(path: string, prefix: string): Promise<void> {
    signal?.throwIfAborted();
    const real = await realpath(path);
    if (whole === real || whole.startsWith(real.endsWith(sep) ? real : real + sep)) {
      back.push(prefix.slice(0, -1));
      return;
    }
    if (seen.has(real)) return;
    seen.add(real);
    const found = await listFolder(path);
    for (const name of found.pictures) pictures.push(prefix + name);
    for (const name of found.folders) await walk(join(path, name), `${prefix}${name}/`);
  }
  await walk(folder, '');
  return { pictures: pictures.sort(byCodeUnit), back: back.sort(byCodeUnit) };
}
