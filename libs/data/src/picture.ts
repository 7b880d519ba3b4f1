/** @file Image files to RGB pixels, at full size and in one way: every later step starts from these bytes. */
import sharp from 'sharp';
import type { Picture } from './dataset.ts';
import { DataError } from './errors.ts';

/** Pictures above this are refused before they are decoded: 64 megapixels are 192 MB of RGB. */
export const MAX_PIXELS = 64_000_000;

/** File endings that are taken for pictures when a folder is read. */
export const PICTURE_ENDINGS: ReadonlySet<string> = new Set(
  'jpg jpeg png webp gif avif tif tiff bmp heic'.split(' ').map((ending) => `.${ending}`),
);

/** Pictures that people have and that can't be decoded here: better named than passed over. */
const UNDECODED = /\.(heic|bmp)$/i;

/** How to decode. */
export interface DecodeOptions {
  /** Pictures of more pixels are refused before they are decoded; default {@link MAX_PIXELS}. */
  readonly maxPixels?: number | undefined;
  /** Seconds after which decoding is given up as unreadable; unless told, never. */
  readonly seconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes an image file to sRGB: EXIF orientation applied, transparency laid on white, the first frame
 * of an animation. Nothing is scaled, so no decoder's shortcut (shrink-on-load) can change a pixel.
 *
 * @param source the file's path, or its bytes
 * @throws {DataError} UNREADABLE_PICTURE, PICTURE_TOO_LARGE
 */
export async function decodePicture(
  source: string | Uint8Array,
  { maxPixels = MAX_PIXELS, seconds = 0, signal }: DecodeOptions = {},
): Promise<Picture> {
  signal?.throwIfAborted();
  const name = typeof source === 'string' ? source : `${source.byteLength} bytes`;
  try {
    const { data, info } = await sharp(source, { limitInputPixels: maxPixels, failOn: 'error', autoOrient: true })
      .timeout({ seconds })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    if (/exceeds pixel limit/i.test(reason)) {
      throw new DataError(
        'PICTURE_TOO_LARGE',
        `${name} has more than ${maxPixels / 1e6} megapixels: scale it down first`,
        { cause },
      );
    }
    const other = typeof source === 'string' && UNDECODED.test(source) ? '; save it as JPEG, PNG or WebP' : '';
    throw new DataError('UNREADABLE_PICTURE', `${name} can't be read as a picture: ${reason}${other}`, { cause });
  }
}

/** One channel becomes three equal ones, a fourth is dropped. */
function toRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const from = i * channels;
    rgb[3 * i] = data[from];
    rgb[3 * i + 1] = data[channels >= 3 ? from + 1 : from];
    rgb[3 * i + 2] = data[channels >= 3 ? from + 2 : from];
  }
  return rgb;
}
