/** @file The system's errors, translated. */
import { FormatError } from '../errors.ts';

/** The code of a system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** What a failure to read means. */
export function readError(path: string, cause: unknown): FormatError {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FormatError('FILE_NOT_FOUND', `There is no file ${path}. Check the path.`, { cause });
  }
  return new FormatError('READ_FAILED', `${path} can't be read (${code ?? String(cause)}); expected a readable file.`, {
    cause,
  });
}

/** What a failure to write means. */
export function writeError(path: string, cause: unknown): FormatError {
  const code = systemCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new FormatError(
      'DISK_FULL',
      `There is no room to write ${path} (${code}). What was there before is untouched; free some room and try again.`,
      { cause },
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FormatError('FILE_NOT_FOUND', `The folder of ${path} doesn't exist. Make it first.`, { cause });
  }
  return new FormatError(
    'WRITE_FAILED',
    `${path} can't be written (${code ?? String(cause)}). What was there before is untouched.`,
    { cause },
  );
}
