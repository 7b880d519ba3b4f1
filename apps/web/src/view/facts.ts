/** @file What runs here, in a few words: provider, model, gallery. */

import type { EdgeInfo } from '@dqn/edge';
import { h } from '../dom.ts';
import { bytes, codeSize, count } from '../words.ts';

/** The badge in the corner: where the network runs. */
export function providerBadge(info: EdgeInfo): HTMLElement {
  const { provider, refused, threads } = info;
  const where = provider === 'webgpu' ? 'WebGPU' : 'WebAssembly';
  const title = refused ? `The network runs on the CPU: ${refused}.` : `The network runs on ${where}.`;
  const more = provider === 'wasm' && h('span', { class: 'more' }, `${threads} thread${threads === 1 ? '' : 's'}`);
  return h('span', { class: `badge ${provider}`, title }, h('i', { 'aria-hidden': 'true' }), where, more);
}

/** The footer. */
export function factsView(info: EdgeInfo): HTMLElement {
  const { codebook, gallery } = info;
  const { training } = codebook;
  const rows: [string, string][] = [
    ['Model', `${bytes(info.modelBytes)}, ${info.size} × ${info.size} px in, ${codebook.D} numbers out`],
    ['Code', `${codebook.M} codewords out of ${codebook.K}: ${codeSize(codebook)} a picture`],
    ['Gallery', `${count(gallery.count)} pictures, ${bytes(gallery.count * codebook.M)} of codes`],
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
