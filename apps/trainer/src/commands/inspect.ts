/** @file `dqn inspect`: what a file or folder of ours holds. */
import { Command } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { BACKBONE_NAMES } from '../backbone/catalogue.ts';
import { inspect } from '../inspect/inspect.ts';
import { lines } from '../inspect/lines.ts';
import { wholeNumber } from '../options.ts';

interface InspectFlags extends CommonOptions {
  ids?: boolean;
  size?: number;
}

/** `dqn inspect`. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description(
      'Say what a model folder, an ONNX file, a codebook, a gallery or a run holds, after checking it. Of a network it lists where it can be cut for train --cut.',
    )
    .argument('<FILE>', `the file or folder, or a network by name: ${BACKBONE_NAMES.join(', ')}`)
    .option('--ids', 'list all ids of a gallery')
    .option(
      '--size <PX>',
      "edge of the pictures for a network's shapes and costs (default: its own)",
      wholeNumber(8, 4096),
    );
  return withCommonOptions(command).action((path: string, flags: InspectFlags) =>
    perform(flags, 'Stopping …', async (console, signal) => {
      const onNotice = (line: string) => console.note(line);
      const found = await inspect(path, { ids: flags.ids ?? false, size: flags.size, signal, onNotice });
      for (const line of lines(found)) console.print(line);
      console.printJson(found);
    }),
  );
}
