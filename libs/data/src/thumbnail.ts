/** @file Small pictures for galleries and reports. */
import sharp from 'sharp';
import type { Picture } from './dataset.ts';

/** Media type of {@link encodeThumbnail}'s bytes. */
export const THUMBNAIL_TYPE = 'image/webp';

/**
 * Encodes a picture as WebP that fits into `edge` × `edge` pixels; a smaller one keeps its size.
 *
 * @param edge longest side in pixels
 */
export async function encodeThumbnail(picture: Picture, edge: number): Promise<Uint8Array> {
  const { width, height, data } = picture;
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82, smartSubsample: true })
    .toBuffer();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
