/** @file The command's contract: which commands there are, and how their options are read. */
import { Command } from 'commander';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { indexCommand } from './commands/index.ts';
import { inspectCommand } from './commands/inspect.ts';
import { searchCommand } from './commands/search.ts';
import { serveCommand } from './commands/serve.ts';
import { trainCommand } from './commands/train.ts';

const EXAMPLES = `
A model from pictures, and pictures by pictures:
  dqn train --data emoji --out runs/emoji
  dqn export runs/emoji --out models/emoji
  dqn index models/emoji emoji --out models/emoji/database.gallery
  dqn evaluate models/emoji --data emoji
  dqn search models/emoji/database.gallery photo.jpg
  dqn serve models/emoji/database.gallery

Data sets: cifar10, miml2000, emoji, a folder of class folders, or a folder with a labels.csv (path, labels separated
by ";"). They are looked up under DQN_DATA; downloads are kept under DQN_CACHE or the platform's cache folder.

Exit code: 0 done, 1 failed (Ctrl-C too), 2 wrong usage. With --json, stdout is one JSON object; progress goes to stderr.`;

/** The whole command, freshly made. */
export function createProgram(): Command {
  const program = new Command('dqn')
    .description('Deep Quantization Network: learn to find images by codes of a few bytes.')
    .version('0.1.0')
    .addHelpText('after', EXAMPLES);
  for (const command of [
    trainCommand(),
    exportCommand(),
    indexCommand(),
    searchCommand(),
    evaluateCommand(),
    inspectCommand(),
    serveCommand(),
  ]) {
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) {
    command
      .showHelpAfterError('(dqn --help, dqn COMMAND --help)')
      .exitOverride()
      .configureOutput({
        outputError: (text, write) => write(text.replace(/^error: /, 'dqn: WRONG_USAGE: ')),
      });
  }
  return program;
}
