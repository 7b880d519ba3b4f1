/** @file What the service is given: a model with random weights, and galleries. */
import { join } from 'node:path';
import { galleryChunks } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { convnet } from '@dqn/onnx';
import { createIndex, createRandom } from '@dqn/pq';
import { buildNetwork, recipeFor } from '@dqn/train';
import { makeModel, picture } from '../made-model.mjs';
import { dataSet } from '../search/data.mjs';

/** Pixels of the pictures: those of the recipe `fast`. */
const SIZE = 64;
const PICTURES = 32;

/** Writes a gallery of codes [n, M] whose ids are 0 to n − 1, as numbers. */
async function writeCodes(path, { codebook, codebookSha256 }, codes) {
  const { M, K } = codebook;
  const index = await createIndex({ codebook, codes });
  const image = index.image();
  await writeFileAtomic(
    path,
    galleryChunks({ M, K, codebookSha256, classes: [], image, items: { count: codes.length / M } }),
  );
  index.close();
}

/** The network of the recipe `fast`, a gallery of 10,000 random codes, and picture files. */
export async function forImages(folder) {
  const made = await makeModel(
    join(folder, 'images'),
    buildNetwork(recipeFor('fast', { size: SIZE }), { seed: 1 }),
    SIZE,
  );
  const random = createRandom(2);
  const gallery = join(folder, 'images.gallery');
  await writeCodes(
    gallery,
    made,
    Uint8Array.from({ length: 10_000 * made.codebook.M }, () => random.integer(256)),
  );
  const files = [];
  for (let i = 0; i < PICTURES; i++) files.push(await picture(SIZE, random));
  return { ...made, gallery, files };
}

/** The data set `hard` of `npm run bench -- search` as a gallery; its network is as good as none. */
export async function forVectors(folder, n, say) {
  const set = await dataSet('hard', 4, n, say);
  const graph = convnet({ size: 32, dimensions: set.D, seed: 1, stages: [{ width: 8 }, { width: 16 }] });
  const made = await makeModel(join(folder, 'vectors'), graph, 32, set.codebook);
  const gallery = join(folder, 'vectors.gallery');
  await writeCodes(gallery, made, set.codes);
  return { ...made, gallery, set };
}
