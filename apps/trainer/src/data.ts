/** @file Data sets as the command opens them: progress, warnings, and a name that identifies them. */
import { createHash } from 'node:crypto';
import { DATASET_NAMES, type Dataset, type OpenOptions, openDataset } from '@dqn/data';
import { bytes, type Console, count } from './console.ts';

/** Opens a data set, showing downloads and telling its warnings. */
export async function openData(
  console: Console,
  spec: string,
  options: Pick<OpenOptions, 'labelsOptional' | 'signal'> = {},
): Promise<Dataset> {
  let stage = '';
  let bar: ReturnType<Console['progress']> | undefined;
  const dataset = await openDataset(spec, {
    ...options,
    onProgress: (progress) => {
      if (progress.stage !== stage) {
        stage = progress.stage;
        console.note(`${progress.stage === 'download' ? 'Downloading' : 'Unpacking'} ${progress.what} …`);
        bar = console.progress(progress.what);
      }
      const detail = progress.unit === 'bytes' ? bytes(progress.done) : '';
      if (progress.total > 0) bar?.update(progress.done, progress.total, detail);
    },
  });
  bar?.stop();
  for (const warning of dataset.warnings) console.note(`Note: ${warning}`);
  return dataset;
}

/**
 * The data set's name for training facts: its own for a set that is known by name, with a digest of names and labels
 * for a folder (two folders `images` are not the same data, and no path of this machine belongs into a model).
 */
export function dataName(dataset: Dataset): string {
  if ((DATASET_NAMES as readonly string[]).includes(dataset.name)) return dataset.name;
  return `${dataset.name}#${createHash('sha256').update(dataset.describe()).digest('hex').slice(0, 8)}`;
}

/** Tells which pictures were left out: the first few by name, all by number. */
export function tellSkipped(console: Console, skipped: readonly { id: string; error: Error }[]): void {
  if (skipped.length === 0) return;
  const NAMED = 5;
  console.note(`Skipped ${count(skipped.length)} unreadable picture${skipped.length === 1 ? '' : 's'}:`);
  for (const { id, error } of skipped.slice(0, NAMED)) console.note(`  ${id}: ${error.message}`);
  if (skipped.length > NAMED) console.note(`  and ${count(skipped.length - NAMED)} more`);
}
