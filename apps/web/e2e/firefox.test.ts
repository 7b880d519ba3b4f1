import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Firefox, firefoxIsMissing, launchFirefox } from '../../../tools/firefox.mjs';
import { type Served, servePage } from './served.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = firefoxIsMissing('The page in Firefox');

describe.skipIf(missing)('the page in Firefox', { timeout: SLOW }, () => {
  let served: Served;
  let firefox: Firefox;
  let path: string;

  beforeAll(async () => {
    [served, firefox] = await Promise.all([servePage(), launchFirefox()]);
    path = join(served.folder, 'query.png');
    await writeFile(path, served.png);
  }, SLOW);
  afterAll(async () => {
    await firefox.close();
    await served.close();
  });

  const shown = (selector: string): Promise<void> =>
    firefox.run(
      `for (let i = 0; i < 900 && !document.querySelector(args[0]); i++) await new Promise((go) => setTimeout(go, 100));
       if (!document.querySelector(args[0])) throw new Error(args[0] + ' never came: ' + document.body.innerText);`,
      selector,
    );
  const find = async (): Promise<string[]> => {
    await firefox.give('#file', path);
    await shown('.hits li');
    return firefox.run(`return [...document.querySelectorAll('.hits .pick')].map((button) => button.title);`);
  };

  it('finds what the server finds, with threads', async () => {
    await firefox.open(served.url);
    await shown('.strip li');
    expect(await find()).toEqual(served.expected);
    expect(await firefox.run('return crossOriginIsolated;')).toBe(true);
    expect(await firefox.run(`return document.querySelector('.corner .badge').textContent;`)).toContain('thread');
  });

  it('opens and searches when the server is gone', async () => {
    const kept = `if (!(await caches.has('dqn-runtime-wasm'))) return 0;
      return (await (await caches.open('dqn-runtime-wasm')).keys()).length;`;
    await expect.poll(() => firefox.run(kept), { timeout: SLOW / 5 }).toBe(2);
    await served.stop();
    await firefox.open('about:blank');
    await firefox.open(served.url);
    await shown('.welcome');
    expect(await find()).toEqual(served.expected);
    expect(await firefox.run('return crossOriginIsolated;')).toBe(true);
  });

  it('keeps a picture of one’s own, and finds it', async () => {
    await firefox.run(`document.querySelector('.library .badge').click();`);
    await shown('.library input[multiple]');
    await firefox.give('.library input[multiple]', path);
    const badge = `return document.querySelector('.library .badge').textContent;`;
    await expect.poll(() => firefox.run(badge), { timeout: SLOW / 5 }).toContain('+ 1');
    await find();
    const own = `return document.querySelectorAll('.hits .yours').length;`;
    await expect.poll(() => firefox.run(own), { timeout: SLOW / 5 }).toBe(1);
  });
});
