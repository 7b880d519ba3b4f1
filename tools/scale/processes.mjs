/** @file `dqn` in processes of their own, all of which can be ended together. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../workspace.mjs';

const DQN = join(ROOT, 'apps/trainer/bin/dqn.js');

export class Processes {
  #running = new Set();

  /**
   * Starts `dqn …ARGS --json`.
   *
   * @returns { child, json() → the first line of JSON, ended → { code, signal, complaint } }
   */
  start(...args) {
    const child = spawn(process.execPath, [DQN, ...args.map(String), '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-4000);
    });
    const first = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && resolve(JSON.parse(line)));
    });
    const ended = new Promise((resolve) => {
      child.once('error', () => {});
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        resolve({ code, signal, complaint });
      });
    });
    const failed = ended.then(() => {
      throw new Error(`dqn ${args.join(' ')} ended:\n${complaint}`);
    });
    failed.catch(() => {});
    return { child, ended, json: () => Promise.race([first, failed]) };
  }

  /** Runs it to its end and gives what it printed. @throws Error where it fails */
  async run(...args) {
    const { json, ended } = this.start(...args);
    const answer = await json();
    const { code, complaint } = await ended;
    if (code !== 0) throw new Error(`dqn ${args.join(' ')} ended with ${code}:\n${complaint}`);
    return answer;
  }

  /** Ends those that still run, one by one, and waits for it. */
  async end() {
    const all = [...this.#running];
    for (const child of all) child.kill('SIGKILL');
    await Promise.all(all.map((child) => new Promise((resolve) => child.once('close', resolve))));
  }
}
