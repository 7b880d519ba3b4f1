/** @file Pictures by where they lie: the port that a worker reads through, and the kinds of places there are. */
import type { Picture } from '@dqn/data';
import { TrainerError } from '../../errors.ts';
import type { Source } from '../job.ts';
import { openBucketReader } from './bucket.ts';
import { openDatasetReader } from './dataset.ts';
import { openFilesReader } from './files.ts';

/** Pictures of one source. */
export interface PictureReader {
  /**
   * Reads a picture, decoded at full size.
   *
   * @param at as the source's kind has it
   */
  read(at: string): Promise<Picture>;
  /** Whether the place is still there. @throws {TrainerError} SOURCE_MISSING */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a source on this host.
 *
 * @throws {TrainerError} SOURCE_MISSING: it isn't here, or is another one than the run was made of
 */
export function openReader(source: Source): Promise<PictureReader> {
  switch (source.kind) {
    case 'files':
      return openFilesReader(source);
    case 'bucket':
      return openBucketReader(source);
    case 'dataset':
      return openDatasetReader(source);
    default:
      // A newer `dqn index` may have put it.
      throw new TrainerError(
        'SOURCE_MISSING',
        `pictures of kind ${JSON.stringify((source as Source).kind)} are unknown to this version of dqn worker: bring it up to date`,
      );
  }
}

/** A source that this worker doesn't have. */
export function missing({ kind, place }: Source, why: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'SOURCE_MISSING',
    `${place} (${kind}) can't be read on this host: ${why}; mount it here at the same path, or run dqn worker where it is`,
    { cause },
  );
}
