/** @file Items as they are handed in: an image, an embedding or a code, whatever the client has. */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { type Codebook, encode } from '@dqn/pq';
import { ServerError } from './errors.ts';
import type { Image, Images } from './inference/images.ts';
import type { ItemId, Metadata, StoredItem } from './store/store.ts';

/** An item to be added: exactly one of image, vector and code says where it stands. */
export interface NewItem {
  readonly id: ItemId;
  readonly image?: Image | undefined;
  /** float32 [D]. */
  readonly vector?: Float32Array | undefined;
  /** uint8 [M]. */
  readonly code?: Uint8Array | undefined;
  /** Names of classes. */
  readonly labels?: readonly string[] | undefined;
  readonly metadata?: Metadata | undefined;
  /** An encoded picture of the gallery's type, or 'make', which makes one of the image. */
  readonly thumbnail?: Uint8Array | 'make' | undefined;
}

/** Longest side of a thumbnail that is made, in pixels. */
export const THUMBNAIL_EDGE = 64;

/** Images that are embedded together; the next ones wait for a quiet moment. */
const IMAGES_AT_ONCE = 16;

/** Vectors that are encoded without a break: about 2 ms. */
const VECTORS_AT_ONCE = 512;

/**
 * The items as a store takes them.
 *
 * @param thumbnailType the gallery's
 * @throws ServerError `BAD_ITEM`; what embedding an image throws; the signal's reason
 */
export async function toStored(
  items: readonly NewItem[],
  images: Images,
  codebook: Codebook,
  thumbnailType: string,
  signal?: AbortSignal,
): Promise<StoredItem[]> {
  for (const [i, item] of items.entries()) check(item, i, codebook.D, thumbnailType);
  const vectors = items.map(({ vector }) => vector);
  const thumbnails = items.map(({ thumbnail }) => (thumbnail === 'make' ? undefined : thumbnail));
  const withImage = [...items.keys()].filter((i) => items[i].image !== undefined);
  // Those that want a thumbnail and those that don't go their ways apart.
  for (const thumbnail of [0, THUMBNAIL_EDGE]) {
    const these = withImage.filter((i) => (items[i].thumbnail === 'make') === thumbnail > 0);
    for (let from = 0; from < these.length; from += IMAGES_AT_ONCE) {
      const part = these.slice(from, from + IMAGES_AT_ONCE);
      const pictures = part.map((i) => items[i].image!);
      const embedded = await images.embed(pictures, { signal, patient: true, thumbnail });
      part.forEach((i, at) => {
        vectors[i] = embedded[at].vector;
        thumbnails[i] ??= embedded[at].thumbnail;
      });
    }
  }
  const codes = await encodeAll(codebook, vectors, signal);
  return items.map(({ id, code, labels, metadata }, i) => ({
    id,
    code: code ?? codes[i]!,
    labels,
    metadata,
    thumbnail: thumbnails[i],
  }));
}

function check(item: NewItem, i: number, D: number, thumbnailType: string): void {
  const { image, vector, code, thumbnail } = item;
  const bad = (what: string): never => {
    throw new ServerError('BAD_ITEM', `Item ${i} (id ${JSON.stringify(item.id)}) ${what}`);
  };
  const given = [image, vector, code].filter((one) => one !== undefined).length;
  if (given !== 1) bad(`has ${given} of image, vector and code; give exactly one.`);
  if (vector && vector.length !== D) bad(`has a vector of ${vector.length} numbers; embeddings have ${D}.`);
  if (vector?.some((value) => !Number.isFinite(value))) bad('has a vector with a number that is not finite.');
  if (thumbnail !== 'make') return;
  if (image === undefined) bad('has no image to make a thumbnail of; give one, or the thumbnail itself.');
  if (thumbnailType !== '' && thumbnailType !== THUMBNAIL_TYPE) {
    bad(
      `can't get a thumbnail made: ${THUMBNAIL_TYPE} is made, but the gallery's are ${thumbnailType}; give it yourself.`,
    );
  }
}

/** The codes of those vectors that are there. */
async function encodeAll(
  codebook: Codebook,
  vectors: readonly (Float32Array | undefined)[],
  signal: AbortSignal | undefined,
): Promise<(Uint8Array | undefined)[]> {
  const { D, M } = codebook;
  const codes: (Uint8Array | undefined)[] = vectors.map(() => undefined);
  const there = [...vectors.keys()].filter((i) => vectors[i]);
  for (let from = 0; from < there.length; from += VECTORS_AT_ONCE) {
    if (from > 0) await yieldToOthers(undefined, { signal });
    const part = there.slice(from, from + VECTORS_AT_ONCE);
    const joined = new Float32Array(part.length * D);
    part.forEach((i, at) => {
      joined.set(vectors[i]!, at * D);
    });
    const encoded = encode(codebook, joined);
    part.forEach((i, at) => {
      codes[i] = encoded.slice(at * M, (at + 1) * M);
    });
  }
  return codes;
}
