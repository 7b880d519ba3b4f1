/** @file What a tool's `--help` says: the comment at the top of its file. */
import { readFileSync } from 'node:fs';

/** Prints it and ends the process, where it was asked for. */
export function tellUsage(file) {
  if (!process.argv.slice(2).some((text) => text === '--help' || text === '-h')) return;
  const [, comment] = /^\/\*\*\n?([\s\S]*?)\*\//.exec(readFileSync(file, 'utf8'));
  process.stdout.write(
    `${comment
      .replace(/^ \* ?/gm, '')
      .replace('@file ', '')
      .trim()}\n`,
  );
  process.exit(0);
}
