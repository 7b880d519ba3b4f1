/** @file A thousand encoded pictures of many kinds, the same on every run. */

import { decodePicture, openDataset } from '@dqn/data';
import { createRandom } from '@dqn/pq';
import { madeUpPicture } from '@dqn/runtime/testing';
import { toPng } from '@dqn/server/testing';
import sharp from 'sharp';

/** An image file. */
export interface EncodedPicture {
  /** What it is, for messages. */
  readonly kind: string;
  readonly bytes: Uint8Array;
}

/**
 * `count` image files: CIFAR-10 as PNG for half of them where DQN_DATA has it, the rest made up, of many sizes and
 * kinds (PNG with and without transparency, grey, JPEG, upright only by EXIF, WebP).
 */
export async function manyPictures(count: number): Promise<EncodedPicture[]> {
  const cifar = await cifarPictures(count >> 1);
  const madeUp = await Promise.all(Array.from({ length: count - cifar.length }, (_, i) => madeUpFile(i)));
  return [...cifar, ...madeUp];
}

async function cifarPictures(count: number): Promise<EncodedPicture[]> {
  const root = process.env.DQN_DATA;
  if (!root) return [];
  const dataset = await openDataset('cifar10', { root }).catch(() => undefined);
  if (!dataset) return [];
  const random = createRandom(3);
  const rows = Array.from({ length: count }, () => random.integer(dataset.length));
  const files = await Promise.all(
    rows.map(async (row) => ({ kind: `cifar10 row ${row}`, bytes: await toPng(await dataset.read(row)) })),
  );
  dataset.close?.();
  return files;
}

const KINDS = ['png', 'alpha', 'jpeg', 'grey', 'webp', 'exif', 'png', 'alpha'] as const;

async function madeUpFile(i: number): Promise<EncodedPicture> {
  const random = createRandom(i);
  const width = 1 + random.integer(120);
  const height = 1 + random.integer(120);
  const kind = KINDS[i % KINDS.length];
  const { data } = madeUpPicture(i, width, height);
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const name = `${kind} ${i}, ${width} × ${height}`;
  if (kind === 'alpha') return { kind: name, bytes: await transparent(data, width, height, random.integer(1 << 30)) };
  const file = {
    png: () => image.png(),
    jpeg: () => image.jpeg({ quality: 60 + random.integer(40), chromaSubsampling: i % 3 ? '4:4:4' : '4:2:0' }),
    grey: () => image.greyscale().png(),
    webp: () => image.webp({ lossless: true }),
    exif: () => image.jpeg({ quality: 90 }).withMetadata({ orientation: 1 + random.integer(8) }),
  }[kind]();
  return { kind: name, bytes: await file.toBuffer() };
}

/** A PNG whose every pixel has its own alpha. */
function transparent(rgb: Uint8Array, width: number, height: number, seed: number): Promise<Buffer> {
  const random = createRandom(seed);
  const rgba = new Uint8Array(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    rgba.set(rgb.subarray(p * 3, p * 3 + 3), p * 4);
    rgba[p * 4 + 3] = random.integer(256);
  }
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

/** Decodes as the server does. */
export const decodeHere = (picture: EncodedPicture) => decodePicture(picture.bytes);
