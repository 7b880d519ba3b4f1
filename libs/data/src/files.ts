/** @file Small questions to the file system. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
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

/** Pictures below a folder, as paths relative to it with `/`, sorted; a link back to a parent is not followed twice. */
export async function walkPictures(folder: string, signal?: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  async function walk(path: string, prefix: string): Promise<void> {
    signal?.throwIfAborted();
    const real = await realpath(path);
    if (seen.has(real)) return;
    seen.add(real);
    const { folders, pictures } = await listFolder(path);
    for (const name of pictures) found.push(prefix + name);
    for (const name of folders) await walk(join(path, name), `${prefix}${name}/`);
  }
  await walk(folder, '');
  return found.sort(byCodeUnit);
}
