/** @file `dqn search`: pictures to hits, on the console. */
import { fileSource } from '@dqn/format/node';
import type { Distance } from '@dqn/pq';
import { type Answer, createRetriever } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import type { Console } from '../console.ts';
import { TrainerError } from '../errors.ts';
import { modelOf } from '../model-folder.ts';
import { defined, storeUrl, wholeNumber } from '../options.ts';

interface SearchFlags extends CommonOptions {
  store?: string;
  model?: string;
  k: number;
  distance?: Distance;
  provider: string;
}

/** `dqn search`. */
export function searchCommand(): Command {
  const command = new Command('search')
    .description('Find the pictures of a gallery that are most like the given ones.')
    .argument('[G.gallery]', 'gallery file; none with --store')
    .argument('[IMAGE...]', 'image files; with --json each gives a line of its own')
    .option('--store <URL>', 'gallery in ClickHouse instead of a file: clickhouse://HOST:8123/DATABASE (needs --model)')
    .option('--model <MODEL>', 'model folder (default: the one beside the gallery that made it)')
    .option('-k, --k <N>', 'hits wanted', wholeNumber(1, 1_000_000), 10)
    .addOption(new Option('--distance <D>', "(default: the codebook's)").choices(['aqd', 'ip', 'sqd']))
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    );
  return withCommonOptions(command).action((gallery: string | undefined, rest: string[], flags: SearchFlags) =>
    perform(flags, 'Stopping …', (console, signal) => {
      const given = [...(gallery === undefined ? [] : [gallery]), ...rest];
      const [place, ...images] = flags.store === undefined ? given : [storeUrl(flags.store), ...given];
      if (place === undefined) throw new TrainerError('WRONG_USAGE', 'missing the gallery: name its file, or --store');
      if (images.length === 0) throw new TrainerError('WRONG_USAGE', 'missing the pictures to search with');
      return runSearch(place, images, flags, console, signal);
    }),
  );
}

async function runSearch(
  gallery: string,
  images: string[],
  flags: SearchFlags,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const model = await modelOf(gallery, flags.model);
  // Before the network is loaded: a decoder would call a path that leads nowhere an unreadable picture.
  for (const image of images) await (await fileSource(image)).close();
  // It only reads, so that a service which writes to the gallery needn't be stopped.
  await using retriever = await createRetriever({ model, gallery, readOnly: true, provider: flags.provider });
  for (const image of images) {
    signal.throwIfAborted();
    const answer = await retriever.search(image, { k: flags.k, ...defined({ distance: flags.distance }) });
    tellHits(console, image, answer);
  }
}

function tellHits(console: Console, image: string, { hits, distance, times }: Answer): void {
  const total = Object.values(times).reduce((sum, ms) => sum + ms, 0);
  console.print(`${image} (${distance}, ${total.toFixed(1)} ms, of which the search ${times.search.toFixed(1)} ms)`);
  for (const [i, hit] of hits.entries()) {
    const labels = hit.labels.length > 0 ? `  ${hit.labels.join(', ')}` : '';
    console.print(`${String(i + 1).padStart(4)}  ${hit.distance.toFixed(4).padStart(8)}  ${hit.id}${labels}`);
  }
  console.printJson({ query: image, hits: hits.map(({ id, distance, labels }) => ({ id, distance, labels })) });
}
