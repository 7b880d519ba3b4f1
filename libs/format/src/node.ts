/** @file The part of the format that only Node has: files. */
export type { Addition, Removal } from './gallery/append.ts';
export { GalleryWriter, openGalleryWriter } from './node/append.ts';
export { makeFolder } from './node/folder.ts';
export { type Lock, takeLock } from './node/lock.ts';
export { isAlive, type LockFile, type Refusal, takeLockFile } from './node/lock-file.ts';
export { type FileSource, fileSource, readFileChecked } from './node/read.ts';
export { checkWritable, removeParts, writeFileAtomic } from './node/write.ts';
