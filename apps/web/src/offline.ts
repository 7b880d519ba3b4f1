/** @file Keeping the page itself on the device; models, galleries and own pictures are kept by @dqn/edge. */

import type { Keep } from '../worker/files.ts';

/**
 * Has the service worker keep the page and the build of ONNX Runtime that it uses: from then on it opens offline.
 *
 * @returns empty once everything is kept; otherwise why it can't be: no secure context, storage denied or full, a page that
 * isn't built
 */
export async function keepOffline(runtime: Keep['runtime']): Promise<string> {
  if (!('serviceWorker' in navigator)) return 'this address is neither https nor localhost';
  try {
    await navigator.serviceWorker.register('./sw.js');
    const { active } = await navigator.serviceWorker.ready;
    const kept = await new Promise<true | string>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<true | string>) => resolve(data);
      active?.postMessage({ kind: 'keep', runtime } satisfies Keep, [port2]);
    });
    return kept === true ? '' : kept;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
