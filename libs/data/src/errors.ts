/** @file What can go wrong with data: one class, stable codes. */

/**
 * | code | when |
 * |---|---|
 * | `DATASET_NOT_FOUND` | the name or path leads nowhere |
 * | `DATASET_TRUNCATED` | a file is shorter or longer than its format says |
 * | `DATASET_INVALID` | a file contradicts its format or its companions |
 * | `CSV_INVALID` | `labels.csv` can't be read as (path, labels) rows |
 * | `TAR_INVALID` | a tar archive that isn't one, or ends too early |
 * | `NO_CLASSES` | nothing is labelled |
 * | `NO_IMAGES` | no picture is there |
 * | `IMAGE_WITHOUT_LABEL` | a picture has no label where one is needed |
 * | `UNREADABLE_PICTURE` | a picture's file is missing, broken or no picture |
 * | `PICTURE_TOO_LARGE` | a picture has more pixels than we decode |
 * | `DOWNLOAD_FAILED` | the network, the registry or the disk refused |
 * | `CHECKSUM_MISMATCH` | what was downloaded isn't what was published |
 * | `UNKNOWN_PROTOCOL` | no protocol has this name |
 * | `PROTOCOL_MISMATCH` | the protocol isn't defined for this data set |
 * | `SPLIT_IMPOSSIBLE` | too few pictures to train on some and ask with others |
 * | `ROW_OUT_OF_RANGE` | a row that the data set doesn't have |
 */
export type DataErrorCode =
  | 'DATASET_NOT_FOUND'
  | 'DATASET_TRUNCATED'
  | 'DATASET_INVALID'
  | 'CSV_INVALID'
  | 'TAR_INVALID'
  | 'NO_CLASSES'
  | 'NO_IMAGES'
  | 'IMAGE_WITHOUT_LABEL'
  | 'UNREADABLE_PICTURE'
  | 'PICTURE_TOO_LARGE'
  | 'DOWNLOAD_FAILED'
  | 'CHECKSUM_MISMATCH'
  | 'UNKNOWN_PROTOCOL'
  | 'PROTOCOL_MISMATCH'
  | 'SPLIT_IMPOSSIBLE'
  | 'ROW_OUT_OF_RANGE';

/** Thrown by everything in this package; the message names the offending value and what to do next. */
export class DataError extends Error {
  readonly code: DataErrorCode;

  constructor(code: DataErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DataError';
    this.code = code;
  }
}
