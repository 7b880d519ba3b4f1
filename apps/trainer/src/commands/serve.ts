/** @file `dqn serve`: the HTTP service and the page. */
import { createRetriever, describeChoice, startServer } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { bytes, count } from '../console.ts';
import { modelOf } from '../model-folder.ts';
import { wholeNumber } from '../options.ts';

interface ServeFlags extends CommonOptions {
  model?: string;
  host: string;
  port: number;
  provider: string;
}

const EXAMPLE = `
A search from a shell:
  curl -F image=@photo.jpg "http://127.0.0.1:7007/v1/search?k=5"`;

/** `dqn serve`. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Answer searches over HTTP, and show the page that searches, too.')
    .argument('<G.gallery>', 'gallery file')
    .option('--model <MODEL>', 'model folder (default: the one beside the gallery that made it)')
    .option(
      '--host <H>',
      'address to listen at; there is no login: other machines than this one are your decision',
      '127.0.0.1',
    )
    .option('--port <P>', '0 takes any free port', wholeNumber(0, 65_535), 7007)
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    )
    .addHelpText('after', EXAMPLE);
  return withCommonOptions(command).action((gallery: string, flags: ServeFlags) =>
    perform(flags, 'Stopping the service …', async (console, signal) => {
      // Starting can't be stopped halfway: what was begun is ended, and closed again.
      const model = await modelOf(gallery, flags.model);
      signal.throwIfAborted();
      await using retriever = await createRetriever({ model, gallery, provider: flags.provider });
      signal.throwIfAborted();
      const { host, port } = flags;
      await using server = await startServer({ retriever, model, gallery, host, port });
      signal.throwIfAborted();
      const { gallery: served } = retriever.info();
      const items = served?.count ?? 0;
      console.note(`network: ${describeChoice(retriever.choice)}`);
      if (served) console.note(`index: ${served.index.structure}, ${bytes(served.index.bytes.total)} in memory`);
      console.print(`${count(items)} pictures at ${server.url} (Ctrl-C stops)`);
      console.printJson({ url: server.url, port: server.port, count: items, provider: retriever.choice.provider });
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }),
  );
}
