/**
 * @file A worker to be killed: `node worker.mjs MODEL QUEUE STORE`. What `dqn worker` does, but a silent one is taken for
 * dead after a second and a half, so that many deaths fit into a minute.
 */
import { createRetriever } from '@dqn/server';
import { openQueue, openSink, startWorker } from '../../apps/trainer/dist/queue/index.js';

const [model, url, store] = process.argv.slice(2);
const queue = await openQueue(url);
const retriever = await createRetriever({ model, provider: 'cpu', threads: 1 });
const sink = await openSink(store, retriever.model, model);
const onEvent = (event) => {
  if (event.kind !== 'job') process.stdout.write(`${event.kind} ${event.error?.message ?? ''}\n`);
};
const worker = startWorker({ queue, model: retriever.model, sink, silence: 1500, onEvent });
process.on('SIGTERM', () => void worker.close());
process.stdout.write('ready\n');
await worker.ended;
await retriever.close();
await queue.close();
