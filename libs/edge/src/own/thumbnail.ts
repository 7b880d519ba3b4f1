/** @file Small pictures to be shown in place of the large ones. */

/** Longest side in pixels: a grid of them stays light, and a phone shows them sharp. */
const EDGE_PIXELS = 128;
const QUALITY = 0.82;

/** An encoded picture. */
export interface Thumbnail {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its media type. */
  readonly type: string;
}

/** A picture made small, on white where it is transparent: WebP, or JPEG where the browser doesn't write that. */
export async function makeThumbnail(picture: ImageBitmap): Promise<Thumbnail> {
  const scale = Math.min(1, EDGE_PIXELS / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  return encode(width, height, picture, 'image/webp');
}

/** The same picture as another type. */
export async function asType(thumbnail: Thumbnail, type: string): Promise<Thumbnail> {
  const picture = await createImageBitmap(new Blob([thumbnail.bytes], { type: thumbnail.type }));
  try {
    return await encode(picture.width, picture.height, picture, type);
  } finally {
    picture.close();
  }
}

async function encode(width: number, height: number, picture: ImageBitmap, type: string): Promise<Thumbnail> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false })!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  let blob = await canvas.convertToBlob({ type, quality: QUALITY });
  // What a browser can't write it writes as PNG.
  if (blob.type !== type) blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: blob.type };
}
