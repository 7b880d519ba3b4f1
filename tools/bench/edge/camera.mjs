/** @file The camera's frames searched as they come, with Chromium's fake camera. */
import { interleave, median, speedup } from '../interleave.mjs';
import { openProbe } from './served.mjs';

const FRAMES = 100;
/** Two frames under way: one is brought to the worker while the network has the other. */
const FLYING = 2;
const CAMERA = ['--use-fake-device-for-media-stream=fps=60', '--use-fake-ui-for-media-stream'];

export async function cameraRows({ root, add, rounds }) {
  const probe = await openProbe(root, { args: CAMERA });
  try {
    const { page } = probe;
    const { threads } = await page.evaluate(() => window.probe.open());
    await page.evaluate(() => window.probe.bare());
    await page.evaluate(() => window.probe.startCamera());
    const camera = await page.evaluate(() => window.probe.cameraRate(2000));
    const times = await interleave(
      {
        ours: () => page.evaluate(([n, flying]) => window.probe.searchFrames(n, flying), [FRAMES, FLYING]),
        bare: () => page.evaluate((n) => window.probe.runBare(n), FRAMES),
      },
      rounds,
    );
    const rate = (all) => FRAMES / (median(all) / 1e3);
    add({
      case: `camera 640 × 480 → hits (wasm, ${threads} threads)`,
      ours: rate(times.ours),
      peer: 'bare onnxruntime-web',
      theirs: rate(times.bare),
      unit: 'frames/s',
      ratio: speedup(times.ours, times.bare),
      beside: `the camera gives ${camera.toFixed(0)}/s`,
    });
    await page.evaluate(() => window.probe.longest());
    await page.evaluate(([n, flying]) => window.probe.searchFrames(n, flying), [FRAMES, FLYING]);
    const ms = await page.evaluate(() => window.probe.longest());
    add({
      case: "longest task of the page's thread, camera (0: none of 50 ms or more)",
      ours: ms,
      unit: 'ms',
      most: 50,
    });
  } finally {
    await probe.close();
  }
}
