/** @file Runs the built command as a user does, and makes small pictures to run it on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

// A test runs several commands, each a new process; a busy machine takes its time.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const BIN = fileURLToPath(new URL('../bin/dqn.js', import.meta.url));

/** What a finished command left. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface Running {
  child: ChildProcess;
  done: Promise<Finished>;
  /** Resolves with the match once stdout and stderr together match. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts `dqn ARGS`. */
export function start(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, DQN_DEBUG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const waiting: (() => void)[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
      for (const look of waiting) look();
    });
  }
  const done = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, ...text }));
  });
  return {
    child,
    done,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text.stdout + text.stderr);
          if (match) resolve(match);
        };
        look();
        waiting.push(look);
        done.then(({ code, stderr }) => reject(new Error(`ended with ${code} before saying ${pattern}: ${stderr}`)));
      }),
  };
}

/** Runs `dqn ARGS` to its end. */
export function dqn(args: string[], env?: Record<string, string>): Promise<Finished> {
  return start(args, env).done;
}

/** Runs `dqn ARGS --json`, which must succeed, and gives what it printed. */
export async function dqnJson(args: string[], env?: Record<string, string>) {
  const { code, stdout, stderr } = await dqn([...args, '--json'], env);
  if (code !== 0) throw new Error(`dqn ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Training options that end within seconds on a few dozen small pictures. */
export const SMALL = ['--size', '32', '--bits', '16', '--codewords', '16', '--engine', 'onnxruntime', '--workers', '1'];
