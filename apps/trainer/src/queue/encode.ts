/** @file A job's pictures to items: decoded, made thumbnails of, embedded as one batch, encoded. */
import { encodeThumbnail } from '@dqn/data';
import { encode } from '@dqn/pq';
import { embedBatches, type Model } from '@dqn/runtime';
import { type StoredItem, THUMBNAIL_EDGE } from '@dqn/server';
import type { PictureRef, Poison } from './job.ts';
import type { PictureReader } from './sources/reader.ts';

/** Pictures decoded at a time: one of 12 megapixels is 36 MB. */
const READING = 8;

/** What became of pictures. */
export interface EncodedJob {
  readonly items: readonly StoredItem[];
  /** Their numbers. */
  readonly numbers: readonly number[];
  readonly poison: readonly Poison[];
}

/**
 * Encodes pictures in one run of the network, the same that `dqn index` makes of them: the same codes to the last bit.
 *
 * @throws RuntimeError where the network fails
 */
export async function encodePictures(
  model: Model,
  reader: PictureReader,
  pictures: readonly PictureRef[],
  thumbnails: boolean,
): Promise<EncodedJob> {
  const made = new Array<Uint8Array | undefined>(pictures.length);
  const poison: Poison[] = [];
  const source = {
    length: pictures.length,
    read: async (i: number) => {
      const picture = await reader.read(pictures[i].at);
      // Here, so that no more pictures are in memory than are being read.
      if (thumbnails) made[i] = await encodeThumbnail(picture, THUMBNAIL_EDGE);
      return picture;
    },
  };
  const items: StoredItem[] = [];
  const numbers: number[] = [];
  const batches = embedBatches(model, source, {
    batch: pictures.length,
    reading: READING,
    onUnreadable: (i, error) => poison.push(poisoned(pictures[i], error)),
  });
  for await (const { indices, embeddings } of batches) {
    const codes = encode(model.codebook, embeddings);
    const { M } = model.codebook;
    indices.forEach((i, at) => {
      const { id, labels, number } = pictures[i];
      items.push({ id, code: codes.slice(at * M, (at + 1) * M), labels, ...(made[i] && { thumbnail: made[i] }) });
      numbers.push(number);
    });
  }
  return { items, numbers, poison };
}

/** A picture with what is wrong about it. */
export function poisoned(picture: PictureRef, error: unknown): Poison {
  const { code, message } = error as { code?: unknown; message?: string };
  return {
    ...picture,
    code: typeof code === 'string' ? code : 'INTERNAL',
    message: (message ?? String(error)).slice(0, 500),
    when: Date.now(),
  };
}
