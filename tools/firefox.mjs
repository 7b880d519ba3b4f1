/** @file A Firefox for tests, driven by Marionette, which every Firefox speaks: frames of JSON over TCP. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** DQN_FIREFOX, then the usual places; undefined where none is. */
export function findFirefox() {
  const places = [process.env.DQN_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox', '/usr/local/bin/firefox'];
  return places.find((place) => place && existsSync(place));
}

/** True where there is none, after having said so, as browserIsMissing of chromium.mjs does. */
export function firefoxIsMissing(what) {
  if (findFirefox()) return false;
  const line = `${what}: no Firefox found. Install one (Debian: apt-get install firefox-esr) or set DQN_FIREFOX.`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return true;
}

/** Nothing that phones home, asks or waits. */
const SETTINGS = {
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** Milliseconds until it listens, on a machine that is busy. */
const START_MS = 120_000;

/**
 * Starts one without a window.
 *
 * @returns { open(url), run(script, ...args) → what the script's body returns, awaited; give(selector, path) puts a file
 * into an input; close() }
 */
export async function launchFirefox() {
  const profile = await mkdtemp(join(tmpdir(), 'dqn-firefox-'));
  const port = await freePort();
  const lines = Object.entries({ ...SETTINGS, 'marionette.port': port }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(profile, 'user.js'), lines.join(''));
  const args = ['--headless', '--no-remote', '--marionette', '--profile', profile];
  const child = spawn(findFirefox(), args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const end = async () => {
    child.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ask = await speak(port);
    await ask('WebDriver:NewSession', {});
    await ask('WebDriver:SetTimeouts', { script: START_MS });
    return {
      open: (url) => ask('WebDriver:Navigate', { url }),
      async run(script, ...given) {
        const body = `const done = arguments[arguments.length - 1];
          (async (...args) => { ${script} })(...arguments).then((value) => done({ value }), (e) => done({ error: String(e) }));`;
        const { value } = await ask('WebDriver:ExecuteAsyncScript', { script: body, args: given, sandbox: null });
        if (value.error !== undefined) throw new Error(`${value.error} in ${script}`);
        return value.value;
      },
      async give(selector, path) {
        const { value } = await ask('WebDriver:FindElement', { using: 'css selector', value: selector });
        await ask('WebDriver:ElementSendKeys', { id: Object.values(value)[0], text: path });
      },
      close: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A free port, as far as one can know. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Connects, and gives what asks: frames are `LENGTH:[type, id, name or error, parameters or result]`. */
async function speak(port) {
  const socket = await reach(port);
  const waiting = new Map();
  let next = 0;
  let heard = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    heard = Buffer.concat([heard, chunk]);
    for (;;) {
      const colon = heard.indexOf(58);
      const length = Number(heard.subarray(0, colon));
      if (colon < 0 || heard.length < colon + 1 + length) return;
      const frame = JSON.parse(heard.subarray(colon + 1, colon + 1 + length).toString());
      heard = heard.subarray(colon + 1 + length);
      // The first frame says who is there.
      if (!Array.isArray(frame)) continue;
      const [, id, error, result] = frame;
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(`${error.error}: ${error.message}`));
      else resolve(result);
    }
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox has ended.'));
  });
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++next;
      waiting.set(id, { resolve, reject });
      const frame = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(frame)}:${frame}`);
    });
}

async function reach(port) {
  const late = Date.now() + START_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const problem = await new Promise((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (!problem) return socket;
    if (Date.now() > late) throw new Error(`Firefox doesn't listen: ${problem.message}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
