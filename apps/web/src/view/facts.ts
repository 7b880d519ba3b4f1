/** @file What runs here, in a few words: provider, model, gallery. */

import type { EdgeInfo } from '@dqn/edge';
import { h } from '../dom.ts';
import { bytes, codeSize, count } from '../words.ts';

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
  if (storage.offline) return `Shown as it was kept on this device, for the server can't be asked: ${storage.offline}.`;
  const refused = storage.refused || page;
  if (refused) return `Not kept for the next visit: ${refused}.`;
  return page === '' && gallery?.complete !== false ? 'Kept on this device: it works offline, too.' : '';
}

/** The model and the gallery. */
export function factsView(info: EdgeInfo): HTMLElement {
  const { codebook, gallery } = info;
  const { training } = codebook;
  const rows: [string, string][] = [
    ['Model', `${bytes(info.modelBytes)}, ${info.size} × ${info.size} px in, ${codebook.D} numbers out`],
    ['Code', `${codebook.M} codewords out of ${codebook.K}: ${codeSize(codebook)} a picture`],
    ['Gallery', `${count(gallery?.count ?? 0)} pictures, ${bytes((gallery?.count ?? 0) * codebook.M)} of codes`],
    ['Trained on', `${count(training.trainImages)} pictures of ${training.data || 'an unnamed set'}`],
  ];
  if (training.map !== null)
    rows.push([`MAP (${training.metric})`, `${training.map.toFixed(3)}, ${training.protocol}`]);
  return h(
    'dl',
    { class: 'facts' },
    ...rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}
