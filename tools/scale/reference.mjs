/** @file What a search has to find: all distances of a local gallery's codes, sorted in the stated order. */
import { openGallery, readCodebook } from '@dqn/format';
import { fileSource } from '@dqn/format/node';
import { distances, lookupTable } from '@dqn/pq';
import { openGalleryIndex } from '@dqn/runtime';

/**
 * @param path of a gallery file
 * @param codebookFile bytes of codebook.pb
 * @returns { count, codes (id → code), nearest(vector, k) → [{ id, distance }] }, nearest first, ties by the ids' bytes
 */
export async function openReference(path, codebookFile) {
  const codebook = readCodebook(codebookFile);
  const { M, K } = codebook;
  const gallery = await openGallery(await fileSource(path));
  const index = await openGalleryIndex(gallery, codebook, { threads: 0 });
  const ids = await gallery.idTexts();
  const codes = new Uint8Array(ids.length * M);
  for (const row of ids.keys()) codes.set(index.code(row), row * M);
  index.close();
  await gallery.close();
  const rank = new Uint32Array(ids.length);
  const bytes = ids.map((id) => Buffer.from(id));
  [...ids.keys()]
    .sort((a, b) => Buffer.compare(bytes[a], bytes[b]))
    .forEach((row, at) => {
      rank[row] = at;
    });
  return {
    count: ids.length,
    codes: new Map(ids.map((id, row) => [id, codes.subarray(row * M, (row + 1) * M)])),
    nearest(vector, k) {
      const all = distances(codes, lookupTable(codebook, vector, codebook.distance), { M, K });
      const limit = Float64Array.from(all).sort()[Math.min(k, all.length) - 1];
      return [...all.keys()]
        .filter((row) => all[row] <= limit)
        .sort((a, b) => all[a] - all[b] || rank[a] - rank[b])
        .slice(0, k)
        .map((row) => ({ id: ids[row], distance: all[row] }));
    },
  };
}

/** What differs between the hits of a search and what it has to find, in words; undefined if nothing does. */
export function difference(hits, expected) {
  if (hits.length !== expected.length) return `${hits.length} hits; expected ${expected.length}`;
  const at = expected.findIndex(({ id, distance }, i) => hits[i].id !== id || hits[i].distance !== distance);
  if (at < 0) return undefined;
  const text = ({ id, distance }) => `${id} at ${distance}`;
  return `hit ${at} is ${text(hits[at])}; expected ${text(expected[at])}`;
}
