/** @file What the service is given: a model with random weights, and galleries. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { galleryChunks, MODEL_FILES, readCodebook, sha256Hex } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import { convnet } from '@dqn/onnx';
import { createIndex, createRandom } from '@dqn/pq';
import { buildNetwork, recipeFor } from '@dqn/train';
import { InferenceSession } from 'onnxruntime-node';
import sharp from 'sharp';
import { makeModel, picture } from '../made-model.mjs';
import { dataSet } from '../search/data.mjs';

/** Pixels of the pictures: those of the recipe `fast`. */
const SIZE = 64;
const PICTURES = 32;

/** Writes a gallery of codes [n, M] whose ids are 0 to n − 1, as numbers. */
async function writeCodes(path, { codebook, codebookSha256 }, codes) {
  const { M, K } = codebook;
  const index = await createIndex({ codebook, codes });
  const image = await index.image();
  await writeFileAtomic(
    path,
    galleryChunks({ M, K, codebookSha256, classes: [], image, items: { count: codes.length / M } }),
  );
  index.close();
}

/** A model, its network's bytes and its codebook, as makeModel gives them. */
async function openModel(model) {
  const codebookBytes = await readFile(join(model, MODEL_FILES.codebook));
  const network = await readFile(join(model, MODEL_FILES.network));
  const { shape } = (await InferenceSession.create(network)).inputMetadata[0];
  return {
    ...{ model, network, size: shape[1], codebook: readCodebook(codebookBytes) },
    codebookSha256: sha256Hex(codebookBytes),
  };
}

/**
 * A gallery of 10,000 random codes, picture files, and a model: a folder of one's own with photographs a third larger than
 * what its network takes, as JPEG, or the network of the recipe `fast` with pictures of its size.
 */
export async function forImages(folder, own) {
  await mkdir(folder, { recursive: true });
  const made = own
    ? await openModel(own)
    : await makeModel(join(folder, 'images'), buildNetwork(recipeFor('fast', { size: SIZE }), { seed: 1 }), SIZE);
  const random = createRandom(2);
  const gallery = join(folder, 'images.gallery');
  const { M, K } = made.codebook;
  await writeCodes(
    gallery,
    made,
    Uint8Array.from({ length: 10_000 * M }, () => random.integer(K)),
  );
  const files = [];
  for (let i = 0; i < PICTURES; i++) {
    const png = await picture(own ? Math.round((made.size * 4) / 3) : SIZE, random);
    files.push(own ? await sharp(png).jpeg({ quality: 85 }).toBuffer() : png);
  }
  return { ...made, gallery, files, type: own ? 'image/jpeg' : 'image/png' };
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
