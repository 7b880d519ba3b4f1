import { describe, expect, it } from 'vitest';
import { chosenFiles, droppedFiles, labelOf } from './files.ts';

function fileAt(path: string, type = ''): File {
  const file = new File(['x'], path.split('/').pop()!, { type });
  return Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
}

/** A dropped folder, whose reader gives two entries at a time. */
function entry(path: string, children?: FileSystemEntry[]): FileSystemEntry {
  const left = [...(children ?? [])];
  return {
    fullPath: `/${path}`,
    isDirectory: children !== undefined,
    createReader: () => ({ readEntries: (done: (some: FileSystemEntry[]) => void) => done(left.splice(0, 2)) }),
    file: (done: (file: File) => void) => done(fileAt(path, 'image/png')),
  } as unknown as FileSystemEntry;
}

describe('pictures out of folders', () => {
  it('are those with a type or a name of pictures, in the order of their paths; hidden files are nobody', () => {
    const { pictures, others } = chosenFiles([
      fileAt('a/z.JPG'),
      fileAt('a/b/c', 'image/webp'),
      fileAt('a/notes.txt', 'text/plain'),
      fileAt('a/phone.heic'),
      fileAt('a/.thumbs/x.png', 'image/png'),
      fileAt('alone.png', 'image/png'),
    ]);
    expect(pictures.map(({ path }) => path)).toEqual(['a/b/c', 'a/phone.heic', 'a/z.JPG', 'alone.png']);
    expect(others).toBe(1);
  });

  it('are found to the depths of what was dropped', async () => {
    const deep = entry('a/b', [entry('a/b/1.png'), entry('a/b/2.png'), entry('a/b/3.png')]);
    const { pictures } = await droppedFiles([entry('a', [deep, entry('a/0.png')]), entry('other.png')]);
    expect(pictures.map(({ path }) => path)).toEqual(['a/0.png', 'a/b/1.png', 'a/b/2.png', 'a/b/3.png', 'other.png']);
  });

  it('are labelled by the folder that they lie in', () => {
    expect(labelOf('holidays/beach/1.jpg')).toEqual(['beach']);
    expect(labelOf('1.jpg')).toEqual([]);
  });
});
