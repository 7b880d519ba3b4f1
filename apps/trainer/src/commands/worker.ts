/** @file `dqn worker`: encodes pictures from a queue and writes them into a gallery, until it is stopped. */
import { createRetriever, describeChoice } from '@dqn/server';
import { Command, Option } from 'commander';
import { type CommonOptions, perform, withCommonOptions } from '../action.ts';
import { type Console, count, countOf, duration } from '../console.ts';
import { openQueue, openSink, startWorker, tellRedis, type WorkerEvent } from '../queue/index.ts';

interface WorkerFlags extends CommonOptions {
  queue: string;
  store: string;
  provider: string;
}

/** Seconds between two lines on how it goes. */
const TELL_EVERY_SECONDS = 30;

/** `dqn worker`. */
export function workerCommand(): Command {
  const command = new Command('worker')
    .description('Encode pictures that dqn index --queue puts into a queue; any number of workers, on any hosts.')
    .argument('<MODEL>', 'model folder')
    .requiredOption('--queue <URL>', 'the queue: redis://HOST:PORT/DATABASE?queue=NAME (password: DQN_REDIS_PASSWORD)')
    .requiredOption(
      '--store <URL>',
      'where to write: clickhouse://HOST:8123/DATABASE, or http://HOST:PORT of a dqn serve (key: DQN_KEY)',
    )
    .addOption(
      new Option('--provider <P>', 'where the network runs').choices(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    );
  return withCommonOptions(command).action((model: string, flags: WorkerFlags) =>
    perform(flags, 'Ending what was begun; the rest is left to others …', (console, signal) =>
      runWorker(model, flags, console, signal),
    ),
  );
}

async function runWorker(model: string, flags: WorkerFlags, console: Console, signal: AbortSignal): Promise<void> {
  await using queue = await openQueue(flags.queue, { onChange: tellRedis(console) });
  await using retriever = await createRetriever({ model, provider: flags.provider });
  const sink = await openSink(flags.store, retriever.model, model);
  const sum = { jobs: 0, stored: 0, poison: 0 };
  const started = performance.now();
  const onEvent = (event: WorkerEvent): void => {
    if ('stored' in event) sum.stored += event.stored;
    if (event.kind === 'job') {
      sum.jobs++;
      sum.poison += event.poison;
    } else console.note(said(event));
  };
  let told = 0;
  const telling = setInterval(() => {
    if (sum.stored > told && !flags.quiet) {
      console.note(`${count(sum.stored)} pictures, ${count((sum.stored - told) / TELL_EVERY_SECONDS)} a second`);
    }
    told = sum.stored;
  }, TELL_EVERY_SECONDS * 1000);
  try {
    signal.throwIfAborted();
    await using worker = startWorker({ queue, model: retriever.model, sink, onEvent });
    console.note(`Working for ${queue.address.shown} on ${describeChoice(retriever.choice)} (Ctrl-C stops)`);
    signal.addEventListener('abort', () => void worker.close(), { once: true });
    await worker.ended;
  } finally {
    clearInterval(telling);
    await sink.close();
  }
  const seconds = (performance.now() - started) / 1000;
  console.print(`${countOf(sum.stored, 'picture', 'pictures')} encoded in ${duration(seconds)}.`);
  console.printJson({ ...sum, seconds, provider: retriever.choice.provider });
}

function said(event: Exclude<WorkerEvent, { kind: 'job' }>): string {
  switch (event.kind) {
    case 'again':
      return `${countOf(event.pictures, 'picture is', 'pictures are')} tried again later: ${event.why}`;
    case 'taken-over':
      return `Job ${event.job} of a worker that is silent goes to another`;
    case 'refused':
      return `The gallery takes nothing at present, waiting: ${event.error.message}`;
    case 'taken':
      return 'The gallery takes pictures again.';
    case 'trouble':
      return `The queue: ${event.error.message}`;
  }
}
