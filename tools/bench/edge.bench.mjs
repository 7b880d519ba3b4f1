/**
 * @file `npm run bench -- edge [--case TEXT] [--rounds N] [--n N]`: search inside a page, in Chromium.
 *
 * Parts: `loading` (bytes and time to the first hits, nothing cached), `pictures` and `camera` (a picture to its hits, warm,
 * against bare onnxruntime-web; what the page's own thread is kept from meanwhile), `search` (1M items and more, the page
 * against Node) and `memory` (what 1,000 searches and 100 times open and close leave behind). The model is the shipped one.
 * Rows name the bar that they have to reach; one that is missed is no error.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../needs.mjs';
import { cameraRows } from './edge/camera.mjs';
import { loadingRows } from './edge/loading.mjs';
import { memoryRows } from './edge/memory.mjs';
import { pictureRows } from './edge/pictures.mjs';
import { searchRows } from './edge/search.mjs';

const PARTS = {
  loading: loadingRows,
  pictures: pictureRows,
  camera: cameraRows,
  search: searchRows,
  memory: memoryRows,
};

export async function rows(say, { rounds, n, case: text }) {
  if (!findChromium()) throw new Error('No Chromium found: set DQN_CHROMIUM, or install one.');
  const wanted = Object.entries(PARTS).filter(([name]) => name.includes(text));
  if (wanted.length === 0) throw new Error(`No part's name holds '${text}': ${Object.keys(PARTS).join(', ')}.`);
  const root = await mkdtemp(join(tmpdir(), 'dqn-bench-edge-'));
  const result = [];
  const add = (row) => {
    const judged = withBar({ peer: null, theirs: null, ratio: null, ...row });
    result.push(judged);
    const { ours, unit, ratio, peer, met } = judged;
    const against = ratio === null ? '' : `, ${ratio.toPrecision(3)} × ${peer}`;
    say(`${row.case}: ${ours.toPrecision(3)} ${unit}${against}${met === false ? '  (misses its bar)' : ''}`);
  };
  try {
    for (const [, part] of wanted) await part({ root, say, add, rounds, n });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return result;
}

/** `least`: times the peer's speed; `most`: in the row's unit. */
function withBar(row) {
  if (row.least !== undefined) return { ...row, met: row.ratio >= row.least };
  if (row.most !== undefined) return { ...row, met: row.ours <= row.most };
  return row;
}
