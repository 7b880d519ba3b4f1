/** @file A picture to its hits, warm, in wasm; and what the page's own thread is kept from meanwhile. */
import { createRandom } from '@dqn/pq';
import sharp from 'sharp';
import { interleave, median, speedup } from '../interleave.mjs';
import { picture } from '../made-model.mjs';
import { openProbe } from './served.mjs';

const PICTURES = 100;
/** Searches under way at a time: the next picture is decoded while the network has this one. */
const FLYING = 4;

export async function pictureRows({ root, add, rounds }) {
  const probe = await openProbe(root);
  try {
    const { page } = probe;
    const { threads, size } = await page.evaluate(() => window.probe.open());
    await page.evaluate(() => window.probe.bare());
    const random = createRandom(1);
    const small = await Promise.all(Array.from({ length: PICTURES }, () => picture(size, random)));
    const photos = await Promise.all(small.slice(0, 20).map((png) => sharp(png).resize(640, 480).jpeg().toBuffer()));
    const sets = [
      [`PNG of ${size} px`, small, 0.85],
      ['JPEG of 640 × 480', photos, undefined],
    ];
    for (const [name, files, least] of sets) {
      await page.evaluate(
        (texts) => window.probe.give(texts),
        files.map((bytes) => bytes.toString('base64')),
      );
      const times = await interleave(
        {
          ours: () => page.evaluate(([n, flying]) => window.probe.searchPictures(n, flying), [PICTURES, FLYING]),
          alone: () => page.evaluate((n) => window.probe.searchPictures(n, 1), PICTURES),
          bare: () => page.evaluate((n) => window.probe.runBare(n), PICTURES),
        },
        rounds,
      );
      const rate = (all) => PICTURES / (median(all) / 1e3);
      const bare = { peer: 'bare onnxruntime-web', theirs: rate(times.bare), unit: 'pictures/s' };
      const told = `wasm, ${threads} threads, ${name}`;
      add({
        case: `picture → hits, warm (${told})`,
        ours: rate(times.ours),
        ...bare,
        ratio: speedup(times.ours, times.bare),
        least,
      });
      add({
        case: `picture → hits, one by one (${told})`,
        ours: rate(times.alone),
        ...bare,
        ratio: speedup(times.alone, times.bare),
      });
    }
    await longestRow(page, add);
  } finally {
    await probe.close();
  }
}

/** Of searches and of opening; the bare network of the races blocks the thread that it runs in, so it is not among them. */
async function longestRow(page, add) {
  await page.evaluate(() => window.probe.longest());
  await page.evaluate(([n, flying]) => window.probe.searchPictures(n, flying), [PICTURES, FLYING]);
  await page.evaluate(() => window.probe.close());
  await page.evaluate(() => window.probe.open());
  const ms = await page.evaluate(() => window.probe.longest());
  add({ case: "longest task of the page's thread (0: none of 50 ms or more)", ours: ms, unit: 'ms', most: 50 });
}
