/**
 * @file `node tools/interruptions.mjs`: what is left of `dqn train` and `dqn export` that are stopped at random moments.
 *
 * Small runs (from pixels; behind a small backbone by `fast`, with the backbone's end learning, too, and by `best`) are
 * stopped again and again and gone on with by --resume until they end. Then the exported model and the run's folder are
 * held against those of the same run left alone: the same bytes, and no file more.
 *
 *   node tools/interruptions.mjs [--moments 50] [--signal SIGKILL|SIGINT] [--kinds pixels,head,tail,best] [--seed 1] [--keep]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@dqn/pq';
import { dqn, dqnStopped } from './interruptions/command.mjs';
import { leftovers, sameExport, sameRun } from './interruptions/compare.mjs';
import { KINDS, makeInputs } from './interruptions/inputs.mjs';

const { values: flags } = parseArgs({
  options: {
    moments: { type: 'string', default: '50' },
    signal: { type: 'string', default: 'SIGKILL' },
    kinds: { type: 'string', default: Object.keys(KINDS).join() },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const unknown = flags.kinds.split(',').find((kind) => !Object.hasOwn(KINDS, kind));
if (unknown) throw new Error(`there is no kind "${unknown}"; choose among ${Object.keys(KINDS).join(', ')}`);

/** What is stopped so often is left to end. */
const MOST_STOPS = { train: 8, export: 2 };

const folder = await mkdtemp(join(tmpdir(), 'dqn-interruptions-'));
const random = createRandom(Number(flags.seed));
const inputs = await makeInputs(folder);
const failures = [];
const counts = { train: 0, export: 0 };
const total = () => counts.train + counts.export;

/** Runs a command to its end, however often it is stopped on the way. */
async function untilDone(what, args, again, env, usual) {
  for (let stops = 0; ; stops++) {
    const isLast = stops >= MOST_STOPS[what] || total() >= Number(flags.moments);
    // One in four while Node itself is starting.
    const after = random.next() < 0.25 ? random.next() * 500 : random.next() * usual * 1.1;
    const before = stops === 0 ? args : await again();
    const ended = isLast ? await dqn(before, env) : await dqnStopped(before, env, flags.signal, after);
    if (ended.code === 0) return stops;
    if (isLast || !ended.stopped) throw new Error(`dqn ${before.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    if (/INTERNAL|^\s+at /m.test(ended.stderr))
      failures.push(`${what}, stopped after ${after | 0} ms: ${ended.stderr}`);
    counts[what] += 1;
  }
}

async function wholeRun(kind) {
  const place = join(folder, kind, 'whole');
  const env = { DQN_CACHE: join(place, 'cache') };
  const [run, model] = [join(place, 'run'), join(place, 'model')];
  const timed = async (args) => {
    const from = performance.now();
    const { code, stderr } = await dqn(args, env);
    if (code !== 0) throw new Error(`dqn ${args.join(' ')} ended with ${code}: ${stderr}`);
    return performance.now() - from;
  };
  return {
    place,
    train: await timed(KINDS[kind](inputs, run)),
    export: await timed(['export', run, '--out', model]),
  };
}

const began = performance.now();
const whole = new Map();
try {
  for (let trial = 0; total() < Number(flags.moments); trial++) {
    const kinds = flags.kinds.split(',');
    const kind = kinds[trial % kinds.length];
    if (!whole.has(kind)) whole.set(kind, await wholeRun(kind));
    const alone = whole.get(kind);
    const place = join(folder, kind, String(trial));
    const env = { DQN_CACHE: join(place, 'cache') };
    const [run, model] = [join(place, 'run'), join(place, 'model')];
    const args = KINDS[kind](inputs, run);
    const again = async () => ((await leftovers(run)).includes('run.json') ? [...args, '--resume'] : args);
    const exporting = ['export', run, '--out', model];
    const stops = await untilDone('train', args, again, env, alone.train);
    const more = await untilDone('export', exporting, () => exporting, env, alone.export);
    const found = [...(await sameRun(place, alone.place)), ...(await sameExport(place, alone.place))];
    failures.push(...found.map((what) => `${kind} ${trial}: ${what}`));
    console.log(
      `${kind}: training stopped ${stops} times, export ${more} times: ${found.length === 0 ? 'the same bytes' : found.join('; ')}`,
    );
    if (found.length === 0 && !flags.keep) await rm(place, { recursive: true });
  }
} finally {
  if (failures.length === 0 && !flags.keep) await rm(folder, { recursive: true, force: true });
  else console.error(`Kept: ${folder}`);
}
console.log(
  `${counts.train} trainings and ${counts.export} exports stopped by ${flags.signal} in ${((performance.now() - began) / 1000).toFixed(0)} s: ${failures.length} failures`,
);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
