/** @file What searching and opening leave behind: memory of the page, its workers and their wasm. */
import { openProbe } from './served.mjs';

const SEARCHES = 1000;
const CYCLES = 100;
const FLYING = 4;
/** Without it Chromium measures when it likes, within twenty seconds. */
const EAGER = ['--enable-blink-features=ForceEagerMeasureMemory'];

export async function memoryRows({ root, add }) {
  const probe = await openProbe(root, { args: EAGER });
  try {
    const { page } = probe;
    const megabytes = async () => (await page.evaluate(() => window.probe.memory())) / 1e6;
    const closed = await afterCycles(page, 3, megabytes);
    await page.evaluate(() => window.probe.open());
    await page.evaluate(async (texts) => window.probe.give(texts), [PIXEL]);
    const search = (n) => page.evaluate(([count, flying]) => window.probe.searchPictures(count, flying), [n, FLYING]);
    await search(50);
    const before = await megabytes();
    await search(SEARCHES);
    const after = await megabytes();
    add({
      case: `memory left by ${SEARCHES} searches`,
      ours: Math.max(0, after - before),
      unit: 'MB',
      most: 1,
      beside: `${before.toFixed(1)} → ${after.toFixed(1)} MB, open`,
    });
    await page.evaluate(() => window.probe.close());
    const left = await afterCycles(page, CYCLES, megabytes);
    add({
      case: `memory left by ${CYCLES} times open and close`,
      ours: Math.max(0, left - closed),
      unit: 'MB',
      most: 1,
      beside: `${closed.toFixed(1)} → ${left.toFixed(1)} MB, closed`,
    });
  } finally {
    await probe.close();
  }
}

async function afterCycles(page, times, megabytes) {
  await page.evaluate((n) => window.probe.openAndClose(n), times);
  return megabytes();
}

/** A PNG of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
