/** @file The part of the format that only Node has: files. */
export { type FileSource, fileSource, readFileChecked } from './node/read.ts';
export { writeFileAtomic } from './node/write.ts';
