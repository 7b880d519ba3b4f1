/**
 * @file A bare loop that encodes, as a process of its own: `node bare.mjs MODEL FOLDER PART OF`. It says that it is
 * ready, begins when it hears a line, and says how many milliseconds its part of the pictures took.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRetriever } from '@dqn/server';

const [model, folder, part, of] = process.argv.slice(2);
/** Pictures a run of the network, as `dqn worker` has them. */
const BATCH = 64;

const files = readdirSync(folder)
  .sort()
  .filter((_, i) => i % Number(of) === Number(part))
  .map((name) => join(folder, name));
const retriever = await createRetriever({ model, provider: 'cpu' });
await retriever.encodeFiles(files.slice(0, 4 * BATCH), { batch: BATCH });
console.log('{"ready": true}');
process.stdin.once('data', async () => {
  const start = performance.now();
  await retriever.encodeFiles(files, { batch: BATCH });
  console.log(JSON.stringify({ ms: performance.now() - start }));
  process.exit(0);
});
