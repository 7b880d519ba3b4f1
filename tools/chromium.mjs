/** @file A Chromium for tests: found by itself (needs.mjs), missed loudly. */
import { appendFileSync } from 'node:fs';
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

const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
