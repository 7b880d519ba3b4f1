/**
 * @file A small real model and gallery for tests: a convnet with seeded random weights, and a codebook learnt on what it
 * gives for made-up pictures.
 */

import { type CodebookFile, type GalleryItem, sha256Hex, writeCodebook, writeGallery } from '@dqn/format';
import { convnet, embeddingModel, preprocessModel, writeModel } from '@dqn/onnx';
import { createRandom, encode, learnCodebook, type Random } from '@dqn/pq';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelBytes } from '../model.ts';
import type { Picture } from '../picture.ts';
import type { SessionFactory } from '../session.ts';

// Tests try providers that aren't there; ONNX Runtime's own log of it helps nobody.
env.logLevel = 'fatal';

/** The files of a model folder, and what they hold. */
export interface SmallModel {
  readonly bytes: ModelBytes;
  readonly codebook: CodebookFile;
  readonly size: number;
}

/** Names of the classes that the made-up pictures belong to. */
export const CLASSES = ['red', 'green', 'blue', 'grey'] as const;

/** Loads graphs on onnxruntime-node's CPU in the calling thread. */
export const nodeSession: SessionFactory = (bytes) =>
  InferenceSession.create(bytes, { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 });

/**
 * Builds a model folder in memory.
 *
 * @param o.resize short side before the centre crop; default: no crop
 */
export async function smallModel(
  o: { seed?: number; size?: number; resize?: number; M?: number; K?: number; D?: number } = {},
): Promise<SmallModel> {
  const { seed = 1, size = 32, resize, M = 4, K = 16, D = 32 } = o;
  const graph = convnet({ size, dimensions: D, seed, stages: [{ width: 8 }, { width: 16 }, { width: 16 }] });
  const network = writeModel(embeddingModel(graph, { unitLength: true, metadata: {} }));
  const preprocess = writeModel(preprocessModel({ size, ...(resize && { resize }) }));
  const n = 4 * K;
  const pixels = new Uint8Array(n * size * size * 3);
  for (let i = 0; i < n; i++) pixels.set(madeUpPicture(i, size, size).data, i * size * size * 3);
  const session = await InferenceSession.create(network, { executionProviders: ['cpu'], intraOpNumThreads: 1 });
  const outputs = await session.run({ [session.inputNames[0]]: new Tensor('uint8', pixels, [n, size, size, 3]) });
  await session.release();
  const x = outputs.embedding.data as Float32Array;
  const { codebook: learnt } = learnCodebook(x, { M, K, D, seed });
  const codebook: CodebookFile = {
    ...learnt,
    schemaVersion: 1,
    distance: 'aqd',
    modelSha256: sha256Hex(network),
    preprocessSha256: sha256Hex(preprocess),
    classes: [...CLASSES],
    training: {
      data: 'made up',
      protocol: 'none',
      recipe: 'fast',
      seed,
      engine: 'onnxruntime',
      epochs: 0,
      trainImages: n,
      metric: '',
      map: null,
    },
  };
  return { bytes: { network, preprocess, codebook: writeCodebook(codebook) }, codebook, size };
}

/** A gallery of embeddings: float32 [n, D]; every item is named and labelled by `of`. */
export function smallGallery(
  model: SmallModel,
  embeddings: Float32Array,
  o: { item?: (row: number) => GalleryItem; thumbnailType?: string } = {},
): Uint8Array {
  const { codebook, bytes } = model;
  const { M, K, D } = codebook;
  const item = o.item ?? ((row: number) => ({ id: `item-${row}`, labels: [row % CLASSES.length] }));
  return writeGallery({
    codebookSha256: sha256Hex(bytes.codebook),
    M,
    K,
    classes: CLASSES,
    codes: encode(codebook, embeddings),
    items: Array.from({ length: embeddings.length / D }, (_, row) => item(row)),
    ...(o.thumbnailType && { thumbnailType: o.thumbnailType }),
  });
}

/**
 * Picture i: blobs of the colour of class i % 4 on a ground of noise; the same for the same i and size.
 */
export function madeUpPicture(i: number, width: number, height: number): Picture {
  const random = createRandom(1000 + i);
  const data = new Uint8Array(width * height * 3);
  const ground = 40 + random.integer(160);
  for (let p = 0; p < data.length; p++) data[p] = ground + random.integer(40);
  for (let blob = 0; blob < 3; blob++) drawBlob(data, width, height, i % CLASSES.length, random);
  return { width, height, data };
}

function drawBlob(data: Uint8Array, width: number, height: number, colour: number, random: Random): void {
  const x0 = random.next() * width;
  const y0 = random.next() * height;
  const radius = (0.15 + 0.2 * random.next()) * Math.min(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((x - x0) ** 2 + (y - y0) ** 2 > radius * radius) continue;
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = colour === c ? 230 : colour === 3 ? 128 : 25;
    }
  }
}
