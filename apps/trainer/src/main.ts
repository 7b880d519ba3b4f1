/** @file The `dqn` command: from arguments to an exit code. */
import { CommanderError } from 'commander';
import { tell } from './errors.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command.
 *
 * @param args without node and the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await (await createProgram(args)).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no errors; everything else that commander refuses is wrong usage, and was told.
      return error.exitCode === 0 ? 0 : 2;
    }
    const { text, exitCode } = tell(error);
    process.stderr.write(`${text}\n`);
    return exitCode;
  }
}
