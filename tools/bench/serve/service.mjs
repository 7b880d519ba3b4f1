/** @file `dqn serve` in a process of its own, as people run it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../workspace.mjs';

/**
 * Starts the service and waits until it is ready.
 *
 * @returns { url, port, pid, startMs, rss(), info(), close() }; rss in bytes
 */
export async function startService(gallery, model, flags = []) {
  const args = [join(ROOT, 'apps/trainer/bin/dqn.js'), 'serve', gallery, '--model', model, '--port', '0', '--json'];
  const begun = performance.now();
  const child = spawn(process.execPath, [...args, '--provider', 'cpu', '--log-level', 'warn', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Whatever ends the benchmark ends what it started.
  process.once('exit', () => child.kill());
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  const said = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve(JSON.parse(line));
    });
  });
  const first = await Promise.race([said, ended.then(() => undefined)]);
  if (!first) throw new Error(`dqn serve ended:\n${complaint}`);
  const ready = async () => (await fetch(`${first.url}readyz`)).ok;
  while (!(await ready())) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    ...first,
    pid: child.pid,
    startMs: performance.now() - begun,
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024,
    info: async () => (await fetch(`${first.url}v1/info`)).json(),
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
