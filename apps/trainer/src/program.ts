/** @file The command's contract: which commands there are. What one of them needs is loaded only when it is called. */
import { Command } from 'commander';

/** Loads a command's options and action. */
type Load = () => Promise<Command>;

const COMMANDS: Record<string, { summary: string; load: Load }> = {
  train: {
    summary: 'learn a network and its codebooks from labelled pictures',
    load: async () => (await import('./commands/train.ts')).trainCommand(),
  },
  export: {
    summary: 'write a finished run as a model folder',
    load: async () => (await import('./commands/export.ts')).exportCommand(),
  },
  index: {
    summary: 'encode pictures into a gallery that can be searched',
    load: async () => (await import('./commands/index.ts')).indexCommand(),
  },
  search: {
    summary: 'find the pictures of a gallery that are most like the given ones',
    load: async () => (await import('./commands/search.ts')).searchCommand(),
  },
  evaluate: {
    summary: 'measure how well a model finds pictures',
    load: async () => (await import('./commands/evaluate.ts')).evaluateCommand(),
  },
  inspect: {
    summary: 'say what a model, network, codebook, gallery or run holds',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  },
  serve: {
    summary: 'answer searches over HTTP, and show the page that searches, too',
    load: async () => (await import('./commands/serve.ts')).serveCommand(),
  },
  worker: {
    summary: 'encode pictures from a queue, together with any number of others',
    load: async () => (await import('./commands/worker.ts')).workerCommand(),
  },
  queue: {
    summary: 'look at a queue; pause, resume, cancel, try what failed again',
    load: async () => (await import('./commands/queue.ts')).queueCommand(),
  },
  key: {
    summary: 'make an API key for the service',
    load: async () => (await import('./commands/key.ts')).keyCommand(),
  },
};

const EXAMPLES = `
A model from pictures, and pictures by pictures:
  npx dqn train --data emoji --out runs/emoji
  npx dqn export runs/emoji --out models/emoji
  npx dqn index models/emoji emoji --out models/emoji/database.gallery
  npx dqn evaluate models/emoji --data emoji
  npx dqn search models/emoji/database.gallery photo.jpg
  npx dqn serve models/emoji/database.gallery

Data sets: cifar10, miml2000, emoji, a folder of class folders, or a folder with a labels.csv (path, labels separated
by ";"). They are looked up under DQN_DATA; downloads are kept under DQN_CACHE or the platform's cache folder.

Exit code: 0 done, 1 failed (Ctrl-C too), 2 wrong usage. With --json, stdout is one JSON object; progress goes to stderr.`;

/**
 * The command line for some arguments: the command that they name with all its options, the others by name.
 *
 * @param args without node and the script
 */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('dqn')
    .description('Deep Quantization Network: learn to find images by codes of a few bytes.')
    .version('0.1.0')
    .addHelpText('after', EXAMPLES);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = args.slice(0, 2).includes(name) ? await load() : new Command(name);
    program.addCommand(command.summary(summary));
  }
  for (const command of [program, ...program.commands]) {
    command
      .showHelpAfterError('(npx dqn --help, npx dqn COMMAND --help)')
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'dqn: WRONG_USAGE: ')) });
  }
  return program;
}
