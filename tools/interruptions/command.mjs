/** @file The built `dqn` command, left alone or stopped. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../apps/trainer/bin/dqn.js', import.meta.url));

/** Runs `dqn ARGS` to its end. */
export function dqn(args, env) {
  return dqnStopped(args, env, undefined, 0);
}

/**
 * Runs `dqn ARGS` and sends it a signal after so many milliseconds, unless it has ended.
 *
 * @returns exit code (null where the signal ended it), whether the signal was sent, and what it said
 */
export function dqnStopped(args, env, signal, after) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, DQN_DEBUG: '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let [stderr, stopped] = ['', false];
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const timer = signal && setTimeout(() => (stopped = child.kill(signal)), after);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stopped, stderr });
    });
  });
}
