/**
 * @file `npm start`: the main job on a fresh machine, from nothing to a page that searches.
 *
 *   npm start                          3,786 emoji, fetched once into a cache outside the repository
 *   npm start -- --data cifar10        CIFAR-10, from DQN_DATA or downloaded
 *   npm start -- --data FOLDER         your pictures: a folder of class folders, or one with a labels.csv
 *   npm start -- --backbone mobilenet_v2   learnt behind a pretrained network: better where pictures are few
 *   npm start -- --port 8080           another port than 7007
 *
 * Train → export → index → evaluate, each by the `dqn` command, then `dqn serve`. What an earlier start made is
 * found again; a training that was cut off goes on from its last checkpoint.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, must, ROOT, say } from './workspace.mjs';

const NAMED_SETS = new Set(['emoji', 'cifar10', 'miml2000']);

/** Emoji are simple pictures: half their size and half the epochs teach them as well, in a quarter of the time. */
const TRAIN_OPTIONS = { emoji: ['--size', '32', '--epochs', '40'] };
const DQN = join(ROOT, 'apps/trainer/bin/dqn.js');

/** Options that are handed to `dqn train` as they are. */
const TRAIN_FLAGS = ['backbone', 'recipe', 'bits', 'codewords', 'epochs', 'seed', 'size', 'engine', 'workers'];

const USAGE = `Usage: npm start -- [--data ${[...NAMED_SETS].join('|')}|FOLDER] [--port 7007] [--help]
Of the training (see \`npx dqn train --help\`): ${TRAIN_FLAGS.map((flag) => `--${flag}`).join(' ')}`;

function options() {
  const text = { type: 'string' };
  const known = {
    data: { ...text, default: 'emoji' },
    port: { ...text, default: '7007' },
    help: { type: 'boolean' },
    ...Object.fromEntries(TRAIN_FLAGS.map((flag) => [flag, text])),
  };
  try {
    const { values } = parseArgs({ options: known });
    if (!values.help) return values;
    console.log(USAGE);
    return process.exit(0);
  } catch (error) {
    say(`npm start: ${error.message}\n${USAGE}`);
    return process.exit(2);
  }
}

/** Where this set's run and model live: by name, or by folder name and a digest of its path. */
function placeOf(data) {
  if (NAMED_SETS.has(data)) return { data, name: data };
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), data);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    say(`npm start: no folder ${folder}; --data takes ${[...NAMED_SETS].join(', ')} or a folder of pictures.`);
    process.exit(2);
  }
  return { data: folder, name: `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}` };
}

/** A file of one's own lies where the command was typed; the training runs in the root. */
function backboneOf(name) {
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), name);
  return existsSync(file) ? file : name;
}

const dqn = (what, ...args) => must(what, process.execPath, [DQN, ...args]);

/** The figures of an evaluation, as one object. */
function evaluate(model, data) {
  say('Evaluating on pictures that the training has not seen …');
  const { status, stdout } = spawnSync(process.execPath, [DQN, 'evaluate', model, '--data', data, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

function summary({ protocol, R, seed, queries, database, results }, seconds) {
  const [{ bits, M, K, map }] = results;
  const figure = (value) => value.toFixed(3);
  say(`
  Learnt, indexed in codes of ${bits} bits (M = ${M}, K = ${K}) and evaluated in ${Math.round(seconds)} s.
  MAP over ${queries.toLocaleString('en')} unseen queries in ${database.toLocaleString('en')} pictures (protocol ${protocol}, R = ${R}, seed ${seed}):
    AQD ${figure(map.aqd)}   inner product ${figure(map.ip)}   SQD ${figure(map.sqd)}   unquantized ${figure(map.unquantized)}
`);
}

const started = Date.now();
const { port, data: asked, ...flags } = options();
if (flags.backbone !== undefined) flags.backbone = backboneOf(flags.backbone);
const { data, name } = placeOf(asked);
await ensureInstalled();
await ensureBuilt();
const run = join(ROOT, 'runs', name);
const model = join(ROOT, 'models', name);
const gallery = join(model, 'database.gallery');

if (!existsSync(gallery)) {
  mkdirSync(join(ROOT, 'runs'), { recursive: true });
  if (!existsSync(join(model, 'codebook.pb'))) {
    const begun = existsSync(join(run, 'run.json'));
    const given = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    // A pretrained network has a size of its own, and its recipe a number of epochs.
    const usual = flags.backbone === undefined ? (TRAIN_OPTIONS[data] ?? []) : [];
    const behind = flags.backbone === undefined ? [] : ['--backbone', flags.backbone];
    // A run says behind which file it was begun, not where that lies.
    const more = begun ? ['--resume', ...behind] : [...usual, ...given];
    await dqn('The training', 'train', '--data', data, '--out', run, ...more);
    await dqn('The export', 'export', run, '--out', model);
  }
  // Every picture is to be found; the evaluation keeps to its own, which the training has not seen.
  await dqn('The index', 'index', model, data, '--out', gallery, '--all');
  summary(evaluate(model, data), (Date.now() - started) / 1000);
} else say(`Found ${model} (remove it and ${run} to learn again).`);

const service = spawn(process.execPath, [DQN, 'serve', gallery, '--port', port], { cwd: ROOT, stdio: 'inherit' });
// A terminal's Ctrl-C reaches the service by itself; this process only outlives it.
process.on('SIGINT', () => process.stdin.isTTY || service.kill('SIGINT'));
process.on('SIGTERM', () => service.kill('SIGTERM'));
service.on('exit', (code, signal) => process.exit(signal ? 0 : (code ?? 1)));
