/** @file `dqn index`: pictures to a gallery. */
import { PROTOCOL_NAMES } from '@dqn/data';
import { checkWritable } from '@dqn/format/node';
import { createRetriever } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { bytes, type Console, codeLength, count, duration } from '../console.ts';
import { openData, tellSkipped } from '../data.ts';
import { TrainerError, tell } from '../errors.ts';
import { checkReplaceable, galleryToAddTo, newGallery, type Written } from '../gallery/destination.ts';
import { encodeRows } from '../gallery/encode.ts';
import { chooseRows } from '../gallery/rows.ts';
import { weightsOf } from '../model-folder.ts';
import { wholeNumber } from '../options.ts';
import { runIndexByQueue } from './index-by-queue.ts';
import { runIndexIntoStore } from './index-into-store.ts';

interface IndexFlags extends CommonOptions {
  out?: string;
  store?: string;
  queue?: string;
  add?: boolean;
  protocol?: string;
  seed?: number;
  all?: boolean;
  thumbnails: boolean;
  batch: number;
  strict?: boolean;
  provider: string;
}

/** `dqn index`. */
export function indexCommand(): Command {
  const command = new Command('index')
    .description('Encode pictures into a gallery that can be searched.')
    .argument('<MODEL>', 'model folder')
    .argument('<IMAGES>', 'a folder, a tar archive, a list (labels.csv, or .txt with a path a line), or a data set')
    .option('--out <G.gallery>', 'the gallery file')
    .option('--store <URL>', 'instead of --out: a gallery in ClickHouse, clickhouse://HOST:8123/DATABASE')
    .option(
      '--queue <URL>',
      'instead of --out: have dqn workers encode them, through the queue at redis://HOST:PORT/DATABASE?queue=NAME',
    )
    .option('--add', 'add to the gallery in --out; pictures whose id is there already stay as they are')
    .option('--protocol <P>', `index the database of a protocol: ${PROTOCOL_NAMES.join(', ')}`)
    .option('--seed <S>', "of the protocol (default: the training's)", wholeNumber(0, 0xffffffff))
    .option('--all', 'index every picture, also where the model was trained on this very data')
    .option('--no-thumbnails', 'a smaller gallery, without pictures to show')
    .option('--batch <N>', 'pictures a run of the network', wholeNumber(1, 1024), 64)
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    )
    .option('--strict', 'stop at the first unreadable picture instead of skipping it');
  return withCommonOptions(command).action((model: string, images: string, flags: IndexFlags) => {
    const [run, onStop] = way(flags);
    return perform(flags, onStop, (console, signal) => run(model, images, flags, console, signal));
  });
}

/** Where the pictures go, and what is said of them when it is stopped. */
function way({ queue, store }: IndexFlags): [run: typeof runIndex, onStop: string] {
  if (queue !== undefined) return [runIndexByQueue, 'Stopping; what is in the queue is done all the same …'];
  if (store !== undefined) return [runIndexIntoStore, 'Stopping; what was put stays …'];
  return [runIndex, 'Stopping; the gallery is left as it was …'];
}

async function runIndex(
  modelFolder: string,
  images: string,
  flags: IndexFlags,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const { out } = flags;
  if (out === undefined) {
    throw new TrainerError(
      'WRONG_USAGE',
      'missing the gallery: name its file by --out, a database by --store, or a queue of workers by --queue',
    );
  }
  // Before the long work, not after it.
  await checkWritable(out);
  if (!flags.add) await checkReplaceable(out);
  const started = performance.now();
  await using retriever = await createRetriever({ model: modelFolder, provider: flags.provider });
  const { model } = retriever;
  const dataset = await openData(console, images, { labelsOptional: true, signal });
  const chosen = chooseRows(dataset, model.codebook.training, flags);
  console.note(`${count(chosen.rows.length)} of ${count(dataset.length)} pictures of ${dataset.name}: ${chosen.why}`);

  await using gallery = flags.add ? await galleryToAddTo(out, model, signal) : newGallery(out, model);
  const isMissing = flags.add === true && !gallery.isThere;
  if (isMissing) console.note(`There is no ${out} to add to: a new gallery will be made.`);
  const rows = Array.from(chosen.rows).filter((row) => !gallery.known.has(dataset.id(row)));
  if (rows.length < chosen.rows.length) console.note(`${count(chosen.rows.length - rows.length)} are there already`);

  const bar = console.progress('Indexing');
  const encoded = await encodeRows(model, dataset, rows, {
    batch: flags.batch,
    thumbnails: flags.thumbnails,
    strict: flags.strict ?? false,
    signal,
    onProgress: (done, total, perSecond) => bar.update(done, total, `${count(perSecond)} pictures/s`),
  }).finally(() => bar.stop());
  tellSkipped(console, encoded.skipped);
  if (gallery.known.size + encoded.items.length === 0) {
    throw new TrainerError('NOTHING_TO_INDEX', `not one picture of ${images} could be encoded`);
  }
  const weights = await weightsOf(modelFolder);
  const written = await gallery.write({ ...encoded, weights }, signal);
  if (written.notMerged !== undefined) {
    console.note(`The pictures are in ${out}, but were not merged into its index: ${tell(written.notMerged).text}`);
  }
  dataset.close?.();

  const seconds = (performance.now() - started) / 1000;
  console.print(
    `${isMissing ? `Made a new gallery, ${out}, as there was none` : said(out, written, encoded.items.length)}: ${count(written.count)} pictures in codes of ${codeLength(model.codebook)}; ${bytes(written.bytes)} in all, in ${duration(seconds)}.`,
  );
  console.print(`Next: npx dqn serve ${out}`);
  if (gallery.isThere && encoded.items.length > 0) {
    console.print('A dqn serve that is running shows what was added after a restart.');
  }
  console.printJson({
    gallery: out,
    count: written.count,
    added: encoded.items.length,
    written: written.how,
    index: { structure: written.structure, tail: written.tail },
    skipped: encoded.skipped.map(({ id, error }) => ({ id, message: error.message })),
    bytes: written.bytes,
    seconds,
    provider: retriever.choice.provider,
  });
}

/** What was done to the file. */
function said(path: string, { how, tail }: Written, added: number): string {
  const pictures = `${count(added)} ${added === 1 ? 'picture' : 'pictures'}`;
  switch (how) {
    case 'new':
      return `Wrote ${path}`;
    case 'converted':
      return `Added ${pictures} and wrote ${path} anew, as its schema version can't be added to`;
    case 'appended':
      return `Added ${pictures} to ${path} without rewriting it (${count(tail)} behind its index)`;
    case 'merged':
      return `Added ${pictures} and wrote ${path} anew, everything in one index`;
    case 'unchanged':
      return `Nothing to add to ${path}`;
  }
}
