/** @file `dqn inspect`: what a file or folder of ours holds. */
import { Command } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { inspect } from '../inspect/inspect.ts';
import { lines } from '../inspect/lines.ts';

interface InspectFlags extends CommonOptions {
  ids?: boolean;
}

/** `dqn inspect`. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Say what a model folder, an ONNX file, a codebook, a gallery or a run holds, after checking it.')
    .argument('<FILE>', 'the file or folder')
    .option('--ids', 'list all ids of a gallery');
  return withCommonOptions(command).action((path: string, flags: InspectFlags) =>
    perform(flags, 'Stopping …', async (console) => {
      const found = await inspect(path, { ids: flags.ids ?? false });
      for (const line of lines(found)) console.print(line);
      console.printJson(found);
    }),
  );
}
