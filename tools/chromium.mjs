/** @file A Chromium for tests: found by itself (needs.mjs), missed loudly. */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { findChromium } from './needs.mjs';

/**
 * True where there is no browser, after having said so: in the test's output, and in the file that DQN_SKIPS names.
 * Where CI is set, a missing browser is an error.
 */
export function browserIsMissing(what) {
  if (findChromium()) return false;
  const line = `${what}: no Chromium or Chrome found. Install one (Debian: apt-get install chromium) or set DQN_CHROMIUM.`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return true;
}

/** Starts it without anything that phones home. */
export function launch(...args) {
  return chromium.launch({ executablePath: findChromium(), args: [...QUIET, ...args] });
}

/** The same with a profile folder: what a page keeps is there the next time. */
export function launchKept(folder, ...args) {
  return chromium.launchPersistentContext(folder, { executablePath: findChromium(), args: [...QUIET, ...args] });
}

/** The same as a process of its own, that is killed with all its processes, as when the power button is held. */
export async function launchKillable(folder, ...args) {
  const portFile = join(folder, 'DevToolsActivePort');
  rmSync(portFile, { force: true });
  const headless = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}`];
  const browser = spawn(findChromium(), [...QUIET, ...headless, ...args, 'about:blank'], {
    detached: true,
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => browser.once('exit', resolve));
  const kill = async () => {
    try {
      process.kill(-browser.pid, 'SIGKILL');
    } catch {
      // It has gone by itself.
    }
    await exited;
  };
  try {
    for (let tries = 0; ; tries++) {
      try {
        const [port] = readFileSync(portFile, 'utf8').split('\n');
        const connected = await chromium.connectOverCDP(`http://127.0.0.1:${Number(port)}`);
        return { context: connected.contexts()[0], kill };
      } catch (error) {
        if (tries === 300 || browser.exitCode !== null) throw error;
        await wait(100);
      }
    }
  } catch (error) {
    await kill();
    throw error;
  }
}

const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
