/** @file Programs of ours in processes of their own, which say things in lines of JSON and are ended together. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../workspace.mjs';

const DQN = join(ROOT, 'apps/trainer/bin/dqn.js');

export class Processes {
  #running = new Set();

  constructor() {
    // Whatever ends this program ends them; a signal alone would leave them behind.
    process.once('exit', () => this.#killAll());
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  }

  /** Starts `dqn …ARGS --json`; see `startScript`. */
  start(...args) {
    return this.startScript(DQN, ...args, '--json');
  }

  /**
   * Starts a script.
   *
   * @returns { child, json() → what its next line of JSON says, ended → { code, signal, complaint } }
   */
  startScript(script, ...args) {
    const child = spawn(process.execPath, [script, ...args.map(String)], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#running.add(child);
    child.stdin.on('error', () => {});
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-4000);
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise((resolve) => {
      child.once('error', () => {});
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        resolve({ code, signal, complaint });
      });
    });
    const json = async () => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) break;
        if (value.startsWith('{')) return JSON.parse(value);
      }
      await ended;
      throw new Error(`${script} ${args.join(' ')} ended:\n${complaint}`);
    };
    return { child, ended, json };
  }

  /** Runs `dqn …ARGS --json` to its end and gives what it printed. @throws Error where it fails */
  async run(...args) {
    const { json, ended } = this.start(...args);
    const answer = await json();
    const { code, complaint } = await ended;
    if (code !== 0) throw new Error(`dqn ${args.join(' ')} ended with ${code}:\n${complaint}`);
    return answer;
  }

  /** Ends those that still run and waits for it. */
  async end() {
    const ends = [...this.#running].map((child) => new Promise((resolve) => child.once('close', resolve)));
    this.#killAll();
    await Promise.all(ends);
  }

  #killAll() {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}
