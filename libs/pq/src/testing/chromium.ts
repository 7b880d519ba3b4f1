/** @file A Chromium for tests: found by itself, missed loudly. */
import { appendFileSync, existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.DQN_CHROMIUM,
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const executablePath = PLACES.find((place) => place && existsSync(place));

/**
 * True where there is no browser, after having said so: in the test's output, and in the file that DQN_SKIPS names.
 * Where CI is set, a missing browser is an error.
 */
export function browserIsMissing(what: string): boolean {
  if (executablePath) return false;
  const line = `${what}: no Chromium or Chrome found. Install one (Debian: apt-get install chromium) or set DQN_CHROMIUM.`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return true;
}

/** Starts it without anything that phones home. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
