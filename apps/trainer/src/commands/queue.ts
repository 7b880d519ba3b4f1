/** @file `dqn queue`: what is in a queue, and what can be done about it. */
import { Argument, Command } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { type Console, count, countOf, duration } from '../console.ts';
import { TrainerError } from '../errors.ts';
import {
  cancelRun,
  type OpenQueue,
  openQueue,
  pauseQueue,
  type QueueStatus,
  queueStatus,
  type RunProgress,
  retryPoison,
} from '../queue/index.ts';

interface QueueFlags extends CommonOptions {
  queue: string;
}

const WHAT = `
  status   runs with their rate and the time that is left, and how many workers there are
  pause    workers end what they have and take nothing more, until resume
  cancel   takes a run out of the queue; what was encoded stays
  poison   the pictures that can't be encoded, and why
  retry    puts those once more`;

const ACTIONS = { status, pause: paused(true), resume: paused(false), cancel, poison, retry } as const;

/** `dqn queue`. */
export function queueCommand(): Command {
  const command = new Command('queue')
    .description('Look at a queue of pictures that are to be encoded, and steer it.')
    .addArgument(new Argument('<what>', 'what to do').choices(Object.keys(ACTIONS)))
    .argument('[RUN]', 'the run; all of them unless told, and for cancel the only one that is running')
    .requiredOption('--queue <URL>', 'the queue: redis://HOST:PORT/DATABASE?queue=NAME (password: DQN_REDIS_PASSWORD)')
    .addHelpText('after', WHAT);
  return withCommonOptions(command).action((what: keyof typeof ACTIONS, run: string | undefined, flags: QueueFlags) =>
    perform(flags, 'Stopping …', async (console) => {
      await using queue = await openQueue(flags.queue);
      await ACTIONS[what](queue, run, console);
    }),
  );
}

async function status(queue: OpenQueue, run: string | undefined, console: Console): Promise<void> {
  const found = await queueStatus(queue);
  const runs = chosen(found, run);
  for (const one of runs) console.print(`${one.run.id}  ${told(one)}`);
  if (runs.length === 0) console.print('no runs');
  const workers = Object.values(found.workers).reduce((sum, one) => sum + one, 0);
  console.print(`${countOf(workers, 'worker', 'workers')}${found.isPaused ? '; paused' : ''}`);
  console.printJson({ runs: runs.map(plain), workers: found.workers, paused: found.isPaused });
}

function paused(isPaused: boolean) {
  return async (queue: OpenQueue, _: string | undefined, console: Console): Promise<void> => {
    await pauseQueue(queue, isPaused);
    console.print(isPaused ? 'Paused: npx dqn queue resume goes on.' : 'Workers take jobs.');
    console.printJson({ paused: isPaused });
  };
}

async function cancel(queue: OpenQueue, run: string | undefined, console: Console): Promise<void> {
  const running = chosen(await queueStatus(queue), run).filter(({ state }) => state === 'running');
  if (running.length !== 1) {
    const names = running.map((one) => one.run.id).join(', ');
    throw new TrainerError(
      running.length === 0 ? 'RUN_NOT_FOUND' : 'WRONG_USAGE',
      running.length === 0 ? 'nothing is running that could be cancelled' : `name the run to cancel: ${names}`,
    );
  }
  const ended = await cancelRun(queue, running[0].run.id);
  console.print(
    `Cancelled ${ended.run.id}: ${count(ended.done)} of ${count(ended.run.pictures)} pictures were encoded.`,
  );
  console.printJson(plain(ended));
}

async function poison(queue: OpenQueue, run: string | undefined, console: Console): Promise<void> {
  const list = [];
  for (const one of chosen(await queueStatus(queue), run)) {
    for (const { id, at, code, message, when } of await queue.runs.poison(one.run.id)) {
      console.print(`${one.run.id}  ${id}: ${code}: ${message}`);
      list.push({ run: one.run.id, id, place: one.run.source.place, at, code, message, when });
    }
  }
  if (list.length === 0) console.print('Every picture that was dealt with could be encoded.');
  console.printJson({ poison: list });
}

async function retry(queue: OpenQueue, run: string | undefined, console: Console): Promise<void> {
  let pictures = 0;
  for (const one of chosen(await queueStatus(queue), run)) {
    if (one.poison > 0 && one.state !== 'cancelled') pictures += await retryPoison(queue, one.run.id);
  }
  console.print(`${countOf(pictures, 'picture is', 'pictures are')} tried again.`);
  console.printJson({ pictures });
}

function chosen({ runs }: QueueStatus, id: string | undefined): readonly RunProgress[] {
  if (id === undefined) return runs;
  const found = runs.filter(({ run }) => run.id === id);
  if (found.length > 0) return found;
  throw new TrainerError('RUN_NOT_FOUND', `no run ${id} in this queue: dqn queue status names those there are`);
}

function told({ run, state, done, poison, perSecond, secondsLeft }: RunProgress): string {
  const rate = perSecond > 0 ? `, ${count(perSecond)} a second` : '';
  const left = state === 'running' && secondsLeft !== undefined ? `, ${duration(secondsLeft)} left` : '';
  const bad = poison > 0 ? `, ${count(poison)} can't be encoded` : '';
  return `${state.padEnd(9)}  ${count(done)} of ${count(run.pictures)} pictures${rate}${left}${bad}  ${run.source.place}`;
}

function plain({
  run,
  state,
  done,
  poison,
  perSecond,
  secondsLeft = null,
  last = null,
}: Omit<RunProgress, 'secondsLeft' | 'last'> & {
  secondsLeft?: number | null | undefined;
  last?: number | null | undefined;
}) {
  const { id, source, pictures, codebookSha256, begun } = run;
  return { run: id, source, codebookSha256, pictures, done, poison, state, perSecond, secondsLeft, begun, last };
}
