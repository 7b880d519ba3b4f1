/** @file `dqn index --store`: pictures into a gallery that a database keeps, piece by piece while they are encoded. */
import { createRetriever } from '@dqn/server';
import type { CommonOptions } from '../action.ts';
import { type Console, codeLength, count, duration } from '../console.ts';
import { openData, tellSkipped } from '../data.ts';
import { TrainerError } from '../errors.ts';
import { encodeRows } from '../gallery/encode.ts';
import { chooseRows, type RowsWanted } from '../gallery/rows.ts';
import { storeUrl } from '../options.ts';

interface StoreFlags extends CommonOptions, RowsWanted {
  store?: string;
  out?: string;
  add?: boolean;
  thumbnails: boolean;
  batch: number;
  strict?: boolean;
  provider: string;
}

/** Pictures that are written together, while the next ones are encoded. */
const PIECE = 2048;

/** Encodes pictures and puts them; those that are there already are put anew. What was put stays if it is stopped. */
export async function runIndexIntoStore(
  modelFolder: string,
  images: string,
  flags: StoreFlags,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ['out', 'add'] as const) {
    if (flags[name] === undefined) continue;
    throw new TrainerError('WRONG_USAGE', `--${name} and --store contradict each other: a database is always added to`);
  }
  const url = storeUrl(flags.store!);
  const started = performance.now();
  await using retriever = await createRetriever({
    ...{ model: modelFolder, provider: flags.provider },
    ...{ gallery: url, create: { idKind: 'string' } },
  });
  const { model, store } = retriever;
  const dataset = await openData(console, images, { labelsOptional: true, signal });
  const chosen = chooseRows(dataset, model.codebook.training, flags);
  console.note(`${count(chosen.rows.length)} of ${count(dataset.length)} pictures of ${dataset.name}: ${chosen.why}`);

  const rows = Array.from(chosen.rows);
  const bar = console.progress('Indexing');
  const skipped: Awaited<ReturnType<typeof encodeRows>>['skipped'] = [];
  let added = 0;
  let replaced = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for (let from = 0; from < rows.length; from += PIECE) {
      const encoded = await encodeRows(model, dataset, rows.slice(from, from + PIECE), {
        batch: flags.batch,
        thumbnails: flags.thumbnails,
        strict: flags.strict ?? false,
        signal,
        onProgress: (done) => {
          const perSecond = ((from + done) / (performance.now() - started)) * 1000;
          bar.update(from + done, rows.length, `${count(perSecond)} pictures/s`);
        },
      });
      skipped.push(...encoded.skipped);
      // One piece is written at a time: a slow database slows the encoding down.
      await writing;
      const items = encoded.items.map(({ id, labels, thumbnail }, i) => ({
        id: String(id),
        code: encoded.codes.slice(i * model.codebook.M, (i + 1) * model.codebook.M),
        labels: labels.map((label) => encoded.classes[label]),
        thumbnail,
      }));
      writing = store.put(items, { signal }).then((results) => {
        for (const isNew of results) isNew ? added++ : replaced++;
      });
      writing.catch(() => undefined);
    }
    await writing;
  } finally {
    bar.stop();
    dataset.close?.();
  }
  tellSkipped(console, skipped);
  if (added + replaced === 0) {
    throw new TrainerError('NOTHING_TO_INDEX', `not one picture of ${images} could be encoded`);
  }
  const seconds = (performance.now() - started) / 1000;
  console.print(
    `Put ${count(added)} new pictures, and ${count(replaced)} anew that were there: ${count(store.count)} pictures in codes of ` +
      `${codeLength(model.codebook)}, in ${duration(seconds)}.`,
  );
  console.print(`Next: npx dqn serve --store ${url} --model ${modelFolder}`);
  console.printJson({
    gallery: url,
    count: store.count,
    added,
    replaced,
    skipped: skipped.map(({ id, error }) => ({ id, message: error.message })),
    seconds,
    provider: retriever.choice.provider,
  });
}
