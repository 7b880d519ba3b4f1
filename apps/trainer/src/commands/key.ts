/** @file `dqn key`: API keys for the service. */
import { chmod } from 'node:fs/promises';
import { writeFileAtomic } from '@dqn/format/node';
import { createKey, type KeyEntry, type Role, readKeys } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { TrainerError } from '../errors.ts';

interface KeyFlags extends CommonOptions {
  keys: string;
  role: Role;
  remove?: boolean;
}

/** `dqn key`. */
export function keyCommand(): Command {
  const command = new Command('key')
    .description('Make an API key for dqn serve: it is printed once, and its hash is added to the key file.')
    .argument('<NAME>', 'whose key it is, for the log')
    .requiredOption('--keys <FILE>', 'key file; begun if it is not there')
    .addOption(new Option('--role <ROLE>', 'what it allows').choices(['read', 'write']).default('read'))
    .option('--remove', 'take the key of this name out of the file instead');
  return withCommonOptions(command).action((name: string, flags: KeyFlags) =>
    perform(flags, 'Stopping …', async (console) => {
      const { keys: path, role } = flags;
      const entries = await readEntries(path);
      const others = entries.filter((entry) => entry.name !== name);
      const isThere = others.length < entries.length;
      if (flags.remove) {
        if (!isThere) throw new TrainerError('WRONG_USAGE', `${path} holds no key of ${name}`);
        await write(path, others);
        console.print(`removed the key of ${name}; a running service knows it until it is started again`);
        console.printJson({ removed: name });
        return;
      }
      if (isThere)
        throw new TrainerError(
          'WRONG_USAGE',
          `${path} holds a key of ${name}: remove it by --remove, or choose another name`,
        );
      const { key, entry } = createKey(name, role);
      await write(path, [...others, entry]);
      // What was written is what will be read.
      await readKeys(path);
      console.note('Keep it now: the file holds its hash alone.');
      console.print(key);
      console.printJson({ name, role, key });
    }),
  );
}

async function readEntries(path: string): Promise<KeyEntry[]> {
  try {
    return await readKeys(path);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code === 'ENOENT') return [];
    throw error;
  }
}

async function write(path: string, keys: readonly KeyEntry[]): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify({ keys }, null, 2)}\n`));
  await chmod(path, 0o600);
}
