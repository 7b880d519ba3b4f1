/** @file Two runs and their models, held against each other. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Everything in a folder, hidden files included; nothing where there is no folder. */
export const leftovers = (folder) => readdir(folder).catch(() => []);

async function differentFiles(place, alone, names) {
  const found = [];
  for (const name of names) {
    const [one, other] = await Promise.all([place, alone].map((root) => readFile(join(root, name))));
    if (!one.equals(other)) found.push(`${name} differs`);
  }
  return found;
}

async function differentNames(place, alone, folder) {
  const [one, other] = await Promise.all([place, alone].map((root) => leftovers(join(root, folder))));
  const extra = one.filter((name) => !other.includes(name));
  const missing = other.filter((name) => !one.includes(name));
  return [
    ...extra.map((name) => `${join(folder, name)} is left over`),
    ...missing.map((name) => `${join(folder, name)} is missing`),
  ];
}

/** Times differ from run to run. */
const timeless = (key, value) => (/seconds|imagesPerSecond/i.test(key) ? undefined : value);

/** The log's lines of epochs and of the end; those of some steps are means that begin anew where a run goes on. */
async function epochsOf(place) {
  const lines = (await readFile(join(place, 'run/log.jsonl'), 'utf8')).trim().split('\n');
  const kept = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== 'step');
  return JSON.stringify(kept, timeless);
}

async function recordOf(place) {
  return JSON.stringify(JSON.parse(await readFile(join(place, 'run/run.json'), 'utf8')), timeless);
}

/** How the run in `place` differs from the one that was left alone. */
export async function sameRun(place, alone) {
  const found = await differentFiles(place, alone, ['run/graph.onnx', 'run/preprocess.onnx']);
  for (const [name, read] of [
    ['run/log.jsonl', epochsOf],
    ['run/run.json', recordOf],
  ]) {
    if ((await read(place)) !== (await read(alone))) found.push(`${name} differs`);
  }
  return [...found, ...(await differentNames(place, alone, 'run'))];
}

/** How the model in `place` differs. */
export async function sameExport(place, alone) {
  const files = ['model.onnx', 'preprocess.onnx', 'codebook.pb'].map((name) => join('model', name));
  return [
    ...(await differentFiles(place, alone, files)),
    ...(await differentNames(place, alone, 'model')),
    ...(await differentNames(place, alone, '.')),
  ];
}
