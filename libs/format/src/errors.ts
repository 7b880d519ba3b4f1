/** @file What can go wrong in this package, in one table. */

/**
 * | code | when |
 * |---|---|
 * | `NOT_A_CODEBOOK` | the bytes don't begin as a codebook.pb does |
 * | `NOT_A_GALLERY` | the bytes don't begin as a gallery does |
 * | `TRUNCATED` | the file ends before its content does |
 * | `DAMAGED` | a checksum or a structure doesn't hold: a bit has changed, or something was written into the file |
 * | `NEWER_SCHEMA` | a later version of this program wrote the file |
 * | `BAD_CONTENT` | the file is whole, but what it says can't be (its writer was wrong) |
 * | `BAD_INPUT` | what was handed in to be written can't be |
 * | `DUPLICATE_ID` | two items of a gallery have one id |
 * | `MODEL_MISMATCH` | the codebook belongs to another network or another preprocessing graph |
 * | `CODEBOOK_MISMATCH` | the gallery's codes were made with another codebook |
 * | `NO_SUCH_ROW` | a row that the gallery doesn't have |
 * | `CODES_IN_INDEX` | row-major codes were asked of a gallery that keeps them in an index's order |
 * | `LOCKED` | another process writes to the gallery |
 * | `CLOSED` | used after `close()` |
 * | `FILE_NOT_FOUND` | no file, or no folder for it, at that path |
 * | `READ_FAILED` | the system couldn't read a file; `cause` says why |
 * | `WRITE_FAILED` | the system couldn't write a file; `cause` says why; what was there before is untouched |
 * | `DISK_FULL` | no room for a file; what was there before is untouched |
 */
export type FormatCode =
  | 'NOT_A_CODEBOOK'
  | 'NOT_A_GALLERY'
  | 'TRUNCATED'
  | 'DAMAGED'
  | 'NEWER_SCHEMA'
  | 'BAD_CONTENT'
  | 'BAD_INPUT'
  | 'DUPLICATE_ID'
  | 'MODEL_MISMATCH'
  | 'CODEBOOK_MISMATCH'
  | 'NO_SUCH_ROW'
  | 'CODES_IN_INDEX'
  | 'LOCKED'
  | 'CLOSED'
  | 'FILE_NOT_FOUND'
  | 'READ_FAILED'
  | 'WRITE_FAILED'
  | 'DISK_FULL';

/** Every error that `@dqn/format` throws, except an abort, which throws the signal's reason. */
export class FormatError extends Error {
  readonly code: FormatCode;

  constructor(code: FormatCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FormatError';
    this.code = code;
  }
}
