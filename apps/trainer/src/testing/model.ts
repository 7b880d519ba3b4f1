/** @file A small model and small pictures for tests: an untrained network, but a whole model folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeThumbnail } from '@dqn/data';
import { type CodebookFile, MODEL_FILES, sha256Hex, type TrainingFacts, writeCodebook } from '@dqn/format';
import { convnet, embeddingModel, preprocessModel, writeModel } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';
import { afterAll } from 'vitest';

const made: string[] = [];

/** A folder that is removed after the file's tests. */
export async function temporaryFolder(): Promise<string> {
  if (made.length === 0) {
    afterAll(async () => {
      for (const folder of made) await rm(folder, { recursive: true, force: true });
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'dqn-trainer-'));
  made.push(folder);
  return folder;
}

/** Writes a model folder; gives its codebook. */
export async function makeModel(
  folder: string,
  options: { seed?: number; classes?: string[]; training?: Partial<TrainingFacts> } = {},
): Promise<CodebookFile> {
  const { seed = 1, classes = ['blue', 'red'], training = {} } = options;
  const [M, K, D] = [4, 16, 16];
  const graph = convnet({ size: 32, dimensions: D, seed, stages: [{ width: 8 }, { width: 8 }] });
  const network = writeModel(embeddingModel(graph, { unitLength: true }));
  const preprocess = writeModel(preprocessModel({ size: 32 }));
  const random = createRandom(seed);
  const codebook: CodebookFile = {
    schemaVersion: 1,
    M,
    K,
    D,
    codewords: Float32Array.from({ length: K * D }, () => random.normal() / 4),
    distance: 'aqd',
    modelSha256: sha256Hex(network),
    preprocessSha256: sha256Hex(preprocess),
    classes,
    training: {
      data: 'somewhere',
      protocol: 'holdout',
      recipe: 'fast',
      seed: 1,
      engine: 'onnxruntime',
      epochs: 1,
      trainImages: 10,
      metric: '',
      map: null,
      ...training,
    },
  };
  await writeTree(folder, {
    [MODEL_FILES.network]: network,
    [MODEL_FILES.preprocess]: preprocess,
    [MODEL_FILES.codebook]: writeCodebook(codebook),
    [MODEL_FILES.card]: '# A model\n\n## Measured\n\nNothing yet.\n\n## Use\n\nIt.\n',
  });
  return codebook;
}

/** Writes files below a folder, making the folders between. */
export async function writeTree(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** A picture file (WebP) of one colour with some noise. */
export function noisyPicture(colour: [number, number, number], seed: number, size = 32): Promise<Uint8Array> {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) =>
    Math.max(0, Math.min(255, Math.round(colour[i % 3] + 40 * (random.next() - 0.5)))),
  );
  return encodeThumbnail({ width: size, height: size, data }, size);
}

/** A folder of red and of blue pictures, `count` of each. */
export async function makePictures(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await writeTree(folder, {
      [`red/${String(i).padStart(3, '0')}.webp`]: await noisyPicture([200, 40, 40], i),
      [`blue/${String(i).padStart(3, '0')}.webp`]: await noisyPicture([40, 40, 200], 1000 + i),
    });
  }
}
