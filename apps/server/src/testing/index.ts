/** @file A small model folder and gallery on disk, for tests of this package and of the page; never built. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILES } from '@dqn/format';
import { type Model, openModel, type Picture } from '@dqn/runtime';
import { CLASSES, madeUpPicture, nodeSession, type SmallModel, smallGallery, smallModel } from '@dqn/runtime/testing';
import sharp from 'sharp';

/** Paths of what smallService wrote. */
export interface SmallService {
  readonly small: SmallModel;
  /** The model folder. */
  readonly model: string;
  /** The gallery file: pictures 0 … count − 1 of madeUpPicture, with thumbnails. */
  readonly gallery: string;
  readonly count: number;
  /** The same model in this thread, to compare with; close it. */
  readonly reference: Model;
  /** The pictures of the gallery, decoded. */
  readonly pictures: readonly Picture[];
}

/** A PNG file of a decoded picture. */
export function toPng({ data, width, height }: Picture): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Writes `model/` and `small.gallery` into a folder. */
export async function smallService(folder: string, o: { seed?: number; count?: number } = {}): Promise<SmallService> {
  const { seed = 1, count = 60 } = o;
  const small = await smallModel({ seed });
  const model = join(folder, 'model');
  await mkdir(model, { recursive: true });
  await writeFile(join(model, MODEL_FILES.network), small.bytes.network);
  await writeFile(join(model, MODEL_FILES.preprocess), small.bytes.preprocess);
  await writeFile(join(model, MODEL_FILES.codebook), small.bytes.codebook);
  const reference = await openModel(small.bytes, { createSession: nodeSession });
  const pictures = Array.from({ length: count }, (_, i) => madeUpPicture(i, 48, 40));
  const thumbnails = await Promise.all(pictures.map(toPng));
  const gallery = join(folder, 'small.gallery');
  const bytes = smallGallery(small, await reference.embed(pictures), {
    thumbnailType: 'image/png',
    item: (row) => ({
      id: `made-up/${CLASSES[row % CLASSES.length]}_${row}.png`,
      labels: [row % CLASSES.length],
      thumbnail: thumbnails[row],
    }),
  });
  await writeFile(gallery, bytes);
  return { small, model, gallery, count, reference, pictures };
}
