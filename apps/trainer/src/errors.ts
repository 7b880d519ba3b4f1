/** @file What the command itself refuses, and how every error is told: one line with its code, and an exit code. */

/**
 * | code | exit | when |
 * |---|---|---|
 * | `WRONG_USAGE` | 2 | arguments that contradict the command's contract |
 * | `MODEL_NOT_FOUND` | 1 | no model folder fits, or it lacks a file |
 * | `NOTHING_TO_INDEX` | 1 | not one picture is left to encode |
 * | `NOTHING_TO_MEASURE` | 1 | not one query, or not one picture of the database, can be read |
 * | `UNKNOWN_FILE` | 1 | `inspect` was given something that is none of ours |
 * | `BACKBONE_MISSING` | 1 | a catalogued network is neither here nor to be had |
 * | `NOT_ENOUGH_MEMORY` | 1 | the pictures don't fit into memory |
 * | `QUEUE_UNREACHABLE` | 1 | no Redis at the queue's address, or it refuses |
 * | `RUN_NOT_FOUND` | 1 | the queue knows no such run |
 * | `RUN_CANCELLED` | 1 | somebody cancelled the run that was followed |
 * | `SOURCE_MISSING` | 1 | a worker's host doesn't have the pictures of a run |
 * | `WORKER_LOST` | – | of a picture in a run's list: workers were lost while they had it |
 * | `INTERRUPTED` | 1 | Ctrl-C |
 */
export type TrainerErrorCode =
  | 'WRONG_USAGE'
  | 'MODEL_NOT_FOUND'
  | 'NOTHING_TO_INDEX'
  | 'NOTHING_TO_MEASURE'
  | 'UNKNOWN_FILE'
  | 'BACKBONE_MISSING'
  | 'NOT_ENOUGH_MEMORY'
  | 'QUEUE_UNREACHABLE'
  | 'RUN_NOT_FOUND'
  | 'RUN_CANCELLED'
  | 'SOURCE_MISSING'
  | 'WORKER_LOST'
  | 'INTERRUPTED';

/** An error of the command itself. */
export class TrainerError extends Error {
  readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TrainerError';
    this.code = code;
  }
}

/** Codes of any package that say: the arguments were wrong, rather than: the work failed. */
const USAGE_CODES = new Set([
  ...[
    'WRONG_USAGE',
    'BITS_NOT_POSSIBLE',
    'UNKNOWN_PROTOCOL',
    'PROTOCOL_MISMATCH',
    'UNKNOWN_RECIPE',
    'BAD_OPTION',
    'BAD_CONFIG',
  ],
]);

/** Codes of the operating system, with what to do about them. */
const SYSTEM_HINTS: Record<string, string> = {
  ENOSPC: 'The disk is full: make room and run the same command again; what was complete before still is.',
  EDQUOT: 'The disk quota is used up: make room and run the same command again.',
  EACCES: 'You may not write or read there: choose another folder or change its permissions.',
  EPERM: 'You may not write or read there: choose another folder or change its permissions.',
  EROFS: 'This file system is read-only: choose another folder.',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n).',
};

/** An error as people and scripts see it. */
export interface Told {
  /** `dqn: CODE: message`, and for some a second line with a hint. */
  text: string;
  /** 1 failed, 2 wrong usage. */
  exitCode: 1 | 2;
}

/** Turns anything thrown into its line and exit code; a stack only under DQN_DEBUG. */
export function tell(error: unknown): Told {
  const { code, message } = describeError(error);
  const lines = [`dqn: ${code}: ${message}`];
  const hint = SYSTEM_HINTS[code];
  if (hint) lines.push(hint);
  if (process.env.DQN_DEBUG && error instanceof Error) lines.push(stacks(error));
  else if (code === 'INTERNAL') lines.push('This is a defect of dqn: DQN_DEBUG=1 shows where.');
  return { text: lines.join('\n'), exitCode: USAGE_CODES.has(code) ? 2 : 1 };
}

/** The error's own code, else that of the system's error below it, else what kind of failure it looks like. */
function describeError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) };
  // Node's own has a code, too.
  if (error.name === 'AbortError') return { code: 'INTERRUPTED', message: 'stopped; nothing half-written was left' };
  const message = error.message.replace(/\s*\n\s*/g, ' ');
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return { code, message };
  }
  if (error instanceof RangeError && /allocation|array length|buffer length/i.test(message)) {
    return { code: 'NOT_ENOUGH_MEMORY', message };
  }
  return { code: 'INTERNAL', message };
}

function stacks(error: Error): string {
  const parts = [error.stack ?? error.message];
  for (let at = error.cause; at instanceof Error; at = at.cause) parts.push(`caused by ${at.stack ?? at.message}`);
  return parts.join('\n');
}
