#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A command takes these over when it has been loaded, and gives them back when it has ended.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (process.listenerCount(signal) > 1) return;
    console.error('dqn: INTERRUPTED: stopped; nothing half-written was left');
    process.exit(1);
  });
}

// Whoever reads has enough (`dqn … | head`), or the disk behind it is full: there is nobody to go on for.
process.stdout.on('error', ({ code }) => {
  if (code !== 'EPIPE') console.error(`dqn: WRITE_FAILED: standard output can't be written (${code})`);
  process.exit(1);
});

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  const { run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  console.error('dqn: NOT_BUILT: the command has to be built once.\nRun: npm run build');
  process.exitCode = 1;
}
