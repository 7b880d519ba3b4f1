/** @file Pictures out of folders: what was chosen or dropped, with the path of each. */

/** A file and where it lay. */
export interface Found {
  readonly file: File;
  /** As "holidays/2024/beach.jpg"; the name alone where there was no folder. */
  readonly path: string;
}

/** Pictures, and how many files were none. */
export interface Pictures {
  readonly pictures: readonly Found[];
  readonly others: number;
}

/** Some systems know no type of these; whether a browser decodes them shows when it tries. */
const NAMES = /\.(jpe?g|jfif|png|webp|gif|avif|bmp|ico|svg|tiff?|hei[cf])$/i;

/** What a file input gives, chosen one by one or as a folder. */
export function chosenFiles(files: Iterable<File>): Pictures {
  return sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** What was dropped, folders to their depths. @throws DOMException where a folder can't be read */
export async function droppedFiles(entries: readonly FileSystemEntry[], signal?: AbortSignal): Promise<Pictures> {
  const found: Found[] = [];
  const waiting = [...entries];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    signal?.throwIfAborted();
    const path = entry.fullPath.replace(/^\//, '');
    if (entry.isDirectory) waiting.push(...(await listed(entry as FileSystemDirectoryEntry)));
    else found.push({ file: await opened(entry as FileSystemFileEntry), path });
  }
  return sorted(found);
}

/** The folder that a picture lies in is its label. */
export function labelOf(path: string): readonly string[] {
  const folder = path.split('/').at(-2);
  return folder ? [folder] : [];
}

function sorted(all: readonly Found[]): Pictures {
  const shown = all.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
  const pictures = shown.filter(({ file }) => file.type.startsWith('image/') || NAMES.test(file.name));
  pictures.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { pictures, others: shown.length - pictures.length };
}

/** A reader gives some entries at a time, and none when it is through. */
async function listed(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function opened(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
