/** @file Models with random weights, and pictures for them: for benchmarks, which don't look at what is found. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILES, sha256Hex, writeCodebook } from '@dqn/format';
import { embeddingModel, preprocessModel, writeModel } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import sharp from 'sharp';

const TRAINING = {
  data: 'none',
  protocol: 'none',
  recipe: 'none',
  seed: 1,
  engine: 'none',
  epochs: 0,
  trainImages: 0,
  metric: '',
  map: null,
};

/**
 * Writes a model folder.
 *
 * @param graph the network, image → z
 * @param size of its pictures, in pixels
 * @param codebook { M, K, codewords }; random ones with M = 4 and K = 256 unless given
 * @returns { model (the folder), network (its bytes), codebook (that of the file), codebookSha256, size }
 */
export async function makeModel(folder, graph, size, codebook) {
  const model = join(folder, 'model');
  await mkdir(model, { recursive: true });
  const D = graph.outputs[0].dims[1];
  const network = writeModel(embeddingModel(graph, { unitLength: true, metadata: {} }));
  const preprocess = writeModel(preprocessModel({ size }));
  const random = createRandom(1);
  const codewords = () => Float32Array.from({ length: 256 * D }, () => random.normal() / 8);
  const file = {
    ...(codebook ?? { M: 4, K: 256, codewords: codewords() }),
    D,
    schemaVersion: 1,
    distance: 'aqd',
    modelSha256: sha256Hex(network),
    preprocessSha256: sha256Hex(preprocess),
    classes: [],
    training: TRAINING,
  };
  const bytes = writeCodebook(file);
  await writeFile(join(model, MODEL_FILES.network), network);
  await writeFile(join(model, MODEL_FILES.preprocess), preprocess);
  await writeFile(join(model, MODEL_FILES.codebook), bytes);
  return { model, network, codebook: file, codebookSha256: sha256Hex(bytes), size };
}

/** The PNG file of a smooth picture, which takes about as many bytes as a photograph's. */
export function picture(size, random) {
  const [a, b, c] = [random.next(), random.next(), random.next()].map((value) => 0.05 + value / 4);
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const p = Math.floor(i / 3);
    return 128 + 90 * Math.sin((p % size) * a + i) * Math.cos((p / size) * b + (i % 3) * c) + 20 * random.next();
  });
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}
