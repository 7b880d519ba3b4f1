/** @file Pictures to own pictures: decoded and embedded beside each other, kept batch by batch. */
import { encode } from '@dqn/pq';
import { embedBatches, type Model } from '@dqn/runtime';
import { closeAll, decodePicture, openBitmap, type PortablePicture, pixelsOf } from '../decode.ts';
import { EdgeError } from '../errors.ts';
import type { OwnCollection } from './collection.ts';
import { checkNames } from './names.ts';
import type { OwnPut } from './records.ts';
import type { Added, OwnProgress, Rejected } from './state.ts';
import { makeThumbnail, type Thumbnail } from './thumbnail.ts';

/** A picture to be added, as a worker is handed it. */
export interface PortableOwn {
  readonly id?: string | undefined;
  readonly picture: PortablePicture;
  readonly labels?: readonly string[] | undefined;
}

/** Pictures decoded at a time: each is in memory at full size, 48 MB for one of 12 megapixels. */
const DECODING = 3;
/** Few enough that the first are kept soon. */
const BATCH = 16;
const NOTHING = new Uint8Array(0);

/** What a call of the page brings along. */
export interface CallOptions<Step> {
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: Step) => void) | undefined;
}

/**
 * Adds pictures; each batch is durable before the next is told of.
 *
 * @throws the signal's reason (what was kept stays); RuntimeError where the network fails
 */
export async function addPictures(
  collection: OwnCollection,
  model: Model,
  items: readonly PortableOwn[],
  { signal, onStep }: CallOptions<OwnProgress> = {},
): Promise<Added> {
  const ids = items.map(({ id }) => id ?? crypto.randomUUID());
  const thumbnails = new Map<number, Thumbnail>();
  const kept: number[] = [];
  const rejected: Rejected[] = [];
  const reject = (index: number, error: unknown) => {
    const { message } = error as Error;
    const code = String((error as { code?: unknown }).code ?? 'NOT_A_PICTURE');
    rejected.push({ index, ...(items[index].id !== undefined && { id: ids[index] }), code, message });
  };
  const source = {
    length: items.length,
    async read(index: number) {
      checkNames(ids[index], items[index].labels ?? []);
      const { picture, thumbnail } = await decode(items[index].picture);
      thumbnails.set(index, thumbnail);
      return picture;
    },
  };
  const batches = embedBatches(model, source, {
    batch: BATCH,
    reading: DECODING,
    onUnreadable: reject,
    ...(signal && { signal }),
  });
  for await (const { indices, embeddings } of batches) {
    const codes = encode(model.codebook, embeddings);
    const { M } = model.codebook;
    const puts = indices.map((index, i): OwnPut => {
      const { bytes, type } = thumbnails.get(index)!;
      thumbnails.delete(index);
      const code = codes.slice(i * M, (i + 1) * M);
      const labels = [...new Set(items[index].labels)];
      return { id: ids[index], code, labels, metadata: NOTHING, thumbnail: bytes, thumbnailType: type };
    });
    try {
      await collection.put(puts);
      kept.push(...indices);
    } catch (error) {
      if (!(error instanceof EdgeError) || error.code === 'CLOSED') throw error;
      for (const index of indices) reject(index, error);
      // The next ones would fare no better, and decoding them takes its time.
      const dealtWith = new Set([...kept, ...rejected.map(({ index }) => index)]);
      for (const index of items.keys()) if (!dealtWith.has(index)) reject(index, error);
      break;
    }
    onStep?.({ done: kept.length + rejected.length, total: items.length });
  }
  rejected.sort((a, b) => a.index - b.index);
  onStep?.({ done: items.length, total: items.length });
  return { ids: kept.map((index) => ids[index]), rejected };
}

/** Decodes once, for the network and for the thumbnail. */
async function decode(source: PortablePicture) {
  const bitmap = await openBitmap(source);
  try {
    const picture = source instanceof ImageData ? await decodePicture(source) : pixelsOf(bitmap);
    return { picture, thumbnail: await makeThumbnail(bitmap) };
  } finally {
    if (bitmap !== source) closeAll([bitmap]);
  }
}
