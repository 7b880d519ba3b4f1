/** @file What every command does around its work: a console, a signal, `--json`, `--quiet`. */
import type { Command } from 'commander';
import { type Console, openConsole } from './console.ts';
import { interruptible, PATIENCE } from './interrupt.ts';

/** Options that every command has. */
export interface CommonOptions {
  json?: boolean;
  quiet?: boolean;
}

/** Adds the options of {@link CommonOptions} to a command. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout')
    .option('--quiet', 'no progress on stderr; warnings stay');
}

/**
 * Runs a command's work with a console and with a signal that Ctrl-C raises.
 *
 * @param onInterrupt what is said then
 */
export function perform(
  options: CommonOptions,
  onInterrupt: string | (() => string),
  work: (console: Console, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const console = openConsole(options);
  return interruptible(
    (signal) => work(console, signal),
    () => {
      const said = typeof onInterrupt === 'string' ? onInterrupt : onInterrupt();
      console.note(`\n${said} (After Ctrl-C once more it takes ${PATIENCE} seconds at most.)`);
    },
  );
}
