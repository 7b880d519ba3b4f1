/** @file The row of opening: from a gallery file on a warm disk to the first hit, against Faiss reading its own file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { galleryChunks, openGallery } from '@dqn/format';
import { fileSource, writeFileAtomic } from '@dqn/format/node';
import { openIndex } from '@dqn/pq';
import { cacheFolder } from '../../needs.mjs';
import { interleave, median } from '../interleave.mjs';
import { mustEqual } from './verify.mjs';

const K = 100;
const ROUNDS = 5;

/** Writes the index as a gallery without labels and thumbnails, and opens it as a service would. */
export async function openRow(context, name, set, index, expected) {
  const { M, K: codewords, D, n, codebook, queries } = set;
  const folder = await mkdtemp(join(cacheFolder(), 'bench-open-'));
  const path = join(folder, 'items.gallery');
  const content = { codebookSha256: '0'.repeat(64), M, K: codewords, classes: [], items: { count: n } };
  const query = queries.subarray(0, D);
  try {
    await writeFileAtomic(path, galleryChunks({ ...content, image: await index.image() }));
    const ours = async () => {
      const gallery = await openGallery(await fileSource(path));
      const opened = await openIndex(await gallery.image(), codebook, { threads: 0 });
      const hits = opened.search(query, { k: K });
      await gallery.close();
      opened.close();
      mustEqual(name, hits, expected(0, K));
    };
    // The reference is there before the clock runs.
    expected(0, K);
    const contestants = { ours };
    for (const { version, ask } of context.builds) {
      const file = join(folder, `${version}.faiss`);
      await ask({ do: 'save', file });
      contestants[version] = async () => (await ask({ do: 'open', file, k: K })).ms;
    }
    const { ours: own, ...others } = await interleave(contestants, ROUNDS);
    const row = { case: name, ours: median(own), unit: 'ms', slowest: Math.max(...own), verified: 1, n };
    const [best] = Object.entries(others).sort(([, a], [, b]) => median(a) - median(b));
    if (best === undefined) return context.add({ ...row, peer: null, theirs: null, ratio: null });
    const theirs = median(best[1]);
    return context.add({ ...row, peer: 'Faiss IndexPQ', theirs, ratio: theirs / row.ours, peerVersion: best[0] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
