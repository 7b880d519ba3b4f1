/**
 * @file What can go wrong while a network learns.
 *
 * | code | thrown when |
 * |---|---|
 * | `BAD_OPTION` | an option is out of its range or contradicts another one |
 * | `TOO_FEW_IMAGES` | fewer training images than a batch or a codebook needs |
 * | `BAD_LABELS` | an image has no label, or the pixels and labels differ in number |
 * | `NOT_FINITE` | the loss, a gradient or a weight became NaN or infinite; names the step |
 * | `ENGINE_UNAVAILABLE` | an engine that was insisted on doesn't load here; says why |
 * | `ENGINE_FAILED` | an engine or one of its workers failed in the middle of a step |
 * | `OP_NOT_TRAINED` | the graph holds an op that the engine can't run or differentiate; names op and node |
 * | `NO_CHECKPOINT` | `resume` was asked for and there is nothing to resume |
 * | `BAD_CHECKPOINT` | a checkpoint is truncated, altered or of another schema version |
 * | `OTHER_OPTIONS` | `resume` with options that differ from those of the run |
 * | `RUN_EXISTS` | the run's folder holds another run and `resume` was not asked for |
 * | `RUN_BUSY` | another process is learning in the run's folder |
 * | `NOT_A_RUN` | a folder is no run, or its run.json can't be read |
 * | `NOT_FINISHED` | a run that stopped before its end was to be exported |
 * | `OTHER_FOLDER` | the folder for a model holds files that are no part of one |
 * | `CANT_WRITE` | a folder can't be made, or the log can't be written (a full disk) |
 * | `UNKNOWN_RECIPE` | there is no recipe of that name |
 * | `ABORTED` | the signal was raised; the last checkpoint stands |
 */

/** The stable code of a {@link TrainError}; see the table at the top of this file. */
export type TrainCode =
  | 'BAD_OPTION'
  | 'TOO_FEW_IMAGES'
  | 'BAD_LABELS'
  | 'NOT_FINITE'
  | 'ENGINE_UNAVAILABLE'
  | 'ENGINE_FAILED'
  | 'OP_NOT_TRAINED'
  | 'NO_CHECKPOINT'
  | 'BAD_CHECKPOINT'
  | 'OTHER_OPTIONS'
  | 'RUN_EXISTS'
  | 'RUN_BUSY'
  | 'NOT_A_RUN'
  | 'NOT_FINISHED'
  | 'OTHER_FOLDER'
  | 'CANT_WRITE'
  | 'UNKNOWN_RECIPE'
  | 'ABORTED';

/** An error of this package: the message holds the offending value, what was expected and what to do next. */
export class TrainError extends Error {
  readonly code: TrainCode;

  constructor(code: TrainCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TrainError';
    this.code = code;
  }
}

/** The error of the file system as a `CANT_WRITE`. */
export function cantWrite(path: string, cause: unknown): TrainError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new TrainError(
    'CANT_WRITE',
    `${path} can't be written (${code}). ${full ? 'Free some room' : 'Check the path and its permissions'}; what was there before is untouched, and a run goes on by --resume.`,
    { cause },
  );
}

/** Throws `ABORTED` when the signal was raised. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new TrainError('ABORTED', 'Training was stopped. The last checkpoint stands: go on with --resume.', {
      cause: signal.reason,
    });
  }
}
