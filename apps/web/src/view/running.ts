/** @file Where the network runs and whether it works offline, in a sentence each. */

import type { EdgeInfo } from '@dqn/edge';

/** Where the network runs, and why there. */
export function whereItRuns({ provider, refused, threads }: EdgeInfo): string {
  if (provider === 'webgpu') return 'The network runs on the GPU, by WebGPU.';
  const on = `The network runs on the processor${threads > 1 ? `, in ${threads} threads` : ''}, by WebAssembly`;
  return refused ? `${on}: ${refused}.` : `${on}.`;
}

/**
 * Whether it works without a network, and whether what is shown may be old.
 *
 * @param page why the page itself isn't kept; empty where it is, undefined where that isn't known yet
 */
export function howKept({ storage, gallery }: EdgeInfo, page: string | undefined): string {
  if (storage.offline) return `Shown as it was kept on this device, for the server can't be asked: ${storage.offline}`;
  const refused = storage.refused || page;
  if (refused) return `Not kept for the next visit: ${refused}.`;
  return page === '' && gallery?.complete !== false
    ? 'Kept on this device: it works offline, too, with the pictures that were shown.'
    : '';
}
