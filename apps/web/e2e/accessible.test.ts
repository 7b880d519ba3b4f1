import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsMissing, launch } from '../../../tools/chromium.mjs';
import { type Served, servePage } from './served.ts';

/** A browser and a build on a busy machine. */
const SLOW = 300_000;
const missing = browserIsMissing('The page for everybody');
/** WCAG 2.2 A and AA, and what axe's authors hold for good besides. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SIZES: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

describe.skipIf(missing)('the page for everybody', { timeout: SLOW }, () => {
  let served: Served;
  let browser: Browser;
  let axe: string;

  beforeAll(async () => {
    [served, browser, axe] = await Promise.all([
      servePage(),
      launch('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'),
      readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
    ]);
  }, SLOW);
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  /** What axe finds, a line for each rule: how bad, what, where. */
  async function problems(page: Page): Promise<string[]> {
    // By the debugger, which the page's policy doesn't bind.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      (values) =>
        (window as unknown as { axe: { run(o: object): Promise<AxeResults> } }).axe.run({
          runOnly: { type: 'tag', values },
          resultTypes: ['violations'],
        }),
      RULES,
    );
    return violations.map(({ impact, id, help, nodes }) => {
      const where = nodes.slice(0, 3).map(({ html }) => html.slice(0, 160));
      return `${impact} ${id} (${help}), ${nodes.length} ×, such as ${where.join(' ')}`;
    });
  }

  it.each(['desktop', 'phone'])('has nothing that axe finds, in light and dark, on a %s', async (size) => {
    const context = await browser.newContext({ ...SIZES[size], permissions: ['camera'], reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(SLOW / 5);
    const found: Record<string, string[]> = {};
    const look = async (state: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found[`${state}, ${colorScheme}`] = await problems(page);
      }
    };
    await page.goto(served.url);
    await page.waitForSelector('.strip li');
    await look('first seen');
    await page.setInputFiles('#file', { name: 'q.png', mimeType: 'image/png', buffer: served.png });
    await page.waitForSelector('.hits li');
    await look('hits');
    await page.click('.hits li:first-child .why');
    await page.waitForSelector('.match-sheet');
    await look('what matched');
    await page.keyboard.press('Escape');
    await page.click('.corner .badge');
    await look('the corner');
    await page.keyboard.press('Escape');
    await page.click('.library .badge');
    await look('the library');
    await page.keyboard.press('Escape');
    await page.setInputFiles('#file', { name: 'q.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.waitForSelector('.error');
    await look('an error');
    await page.click('text=Camera');
    await page.waitForSelector('.query.live video');
    await look('the camera');
    await context.close();
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((state) => [state, []])));
  });

  it('can be used by the keyboard alone, and says where the focus is', async () => {
    const context = await browser.newContext(SIZES.desktop);
    const page = await context.newPage();
    page.setDefaultTimeout(SLOW / 5);
    await page.goto(served.url);
    await page.waitForSelector('.strip li');
    const seen: string[] = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const { name, visible } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const shown = element.matches('input[type=file]') ? (element.closest('.choose') ?? element) : element;
        const style = getComputedStyle(element);
        const near = [element, shown, ...document.querySelectorAll(':focus-within, :focus-within + *')].map((one) =>
          getComputedStyle(one),
        );
        return {
          name: element.getAttribute('aria-label') ?? element.title ?? element.textContent ?? '',
          visible:
            style.outlineStyle !== 'none' ||
            near.some(({ outlineStyle, boxShadow }) => outlineStyle !== 'none' || boxShadow !== 'none'),
        };
      });
      seen.push(name);
      expect(visible, `focus ${i} on '${name}'`).toBe(true);
    }
    expect(new Set(seen).size).toBeGreaterThan(5);
    await page.focus('.strip li:first-child button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.hits li');
    await context.close();
  });
});
