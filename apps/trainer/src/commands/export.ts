/** @file `dqn export`: a run to a model folder. */
import { join } from 'node:path';
import { MODEL_FILES, readCodebook } from '@dqn/format';
import { readFileChecked, writeFileAtomic } from '@dqn/format/node';
import { exportModel, readLog, readRun } from '@dqn/train';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { modelCard } from '../card.ts';
import { bytes, type Console } from '../console.ts';
import { fileSizes } from '../model-folder.ts';
import { writeReport } from '../report/data.ts';
import { trainingReport } from '../report/run-facts.ts';

interface ExportFlags extends CommonOptions {
  out: string;
  weights: 'f32' | 'f16' | 'i8';
}

/** `dqn export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write a finished run as a model folder: network, preprocessing, codebook, card and report.')
    .argument('<RUN>', 'folder that npx dqn train wrote')
    .requiredOption('--out <MODEL>', 'the model folder')
    .addOption(
      new Option('--weights <TYPE>', 'how weights are stored: f16 and i8 are smaller and change some codes')
        .choices(['f32', 'f16', 'i8'])
        .default('f32'),
    );
  return withCommonOptions(command).action((run: string, flags: ExportFlags) =>
    perform(flags, 'Stopping …', (console, signal) => runExport(run, flags, console, signal)),
  );
}

async function runExport(runFolder: string, flags: ExportFlags, console: Console, signal: AbortSignal): Promise<void> {
  const run = await readRun(runFolder);
  await exportModel(runFolder, flags.out, { weights: flags.weights, signal });
  const codebook = readCodebook(await readFileChecked(join(flags.out, MODEL_FILES.codebook)));
  await writeReport(flags.out, trainingReport(run.record, codebook, await readLog(run.path('log')), flags.weights));
  const card = modelCard({ codebook, record: run.record, weights: flags.weights });
  await writeFileAtomic(join(flags.out, MODEL_FILES.card), new TextEncoder().encode(card));
  const files = await fileSizes(flags.out);
  const { M, K, D } = codebook;
  console.print(`Wrote ${flags.out}: ${files.map(({ name, size }) => `${name} ${bytes(size)}`).join(', ')}.`);
  console.print(`Next: npx dqn index ${flags.out} IMAGES --out ${flags.out}/database.gallery`);
  // What is known by name is found again; a folder has to be named.
  const data = codebook.training.data.includes('#') ? ' --data IMAGES' : '';
  console.print(`To measure it: npx dqn evaluate ${flags.out}${data}`);
  console.printJson({ model: flags.out, weights: flags.weights, M, K, D, bits: M * Math.log2(K), files });
}
