/** @file What runs here, in a few words: provider, model, gallery. */

import type { EdgeInfo } from '@dqn/edge';
import { h } from '../dom.ts';
import { bytes, count } from '../words.ts';

/** The badge in the corner: where the network runs. */
export function providerBadge(info: EdgeInfo): HTMLElement {
  const threads = `${info.threads} thread${info.threads === 1 ? '' : 's'}`;
  const where = info.provider === 'webgpu' ? 'WebGPU' : `WebAssembly, ${threads}`;
  const title = info.refused ? `The network runs on the CPU: ${info.refused}.` : `The network runs on ${where}.`;
  return h('span', { class: `badge ${info.provider}`, title }, h('i', { 'aria-hidden': 'true' }), where);
}

/** The footer. */
export function factsView(info: EdgeInfo): HTMLElement {
  const { codebook, gallery } = info;
  const { training } = codebook;
  const rows: [string, string][] = [
    ['Model', `${bytes(info.modelBytes)}, ${info.size} × ${info.size} px in, ${codebook.D} numbers out`],
    ['Code', `${codebook.M} codewords out of ${codebook.K}: ${codebook.M * Math.log2(codebook.K)} bits a picture`],
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
