/** @file What runs here, in a few words: model and gallery. */

import type { EdgeInfo } from '@dqn/edge';
import { h } from '../dom.ts';
import { bytes, codeSize, count } from '../words.ts';

export { howKept, whereItRuns } from './running.ts';
export { timesView } from './times.ts';

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
