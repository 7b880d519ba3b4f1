/** @file A decoded picture. */

import { RuntimeError } from './errors.ts';

/** Straight from the decoder at full size: `data` is RGB, [height, width, 3] row-major, sRGB, without alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * How many times as long as wide a picture may be. The short side is resized to what the network sees before the middle is
 * cut out, so a picture of 1 × 1,000,000 pixels would become one of 224 × 224,000,000 on the way.
 */
const MOST_LENGTHS = 200;

/**
 * Throws RuntimeError `BAD_PICTURE` unless the picture has pixels, as many bytes as its size says, and isn't a mere line.
 */
export function checkPicture(picture: Picture): void {
  const { width, height, data } = picture;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RuntimeError(
      'BAD_PICTURE',
      `A picture of ${width} × ${height} pixels has nothing to look at; both sides must be whole numbers above 0.`,
    );
  }
  if (Math.max(width, height) > MOST_LENGTHS * Math.min(width, height)) {
    throw new RuntimeError(
      'BAD_PICTURE',
      `A picture of ${width} × ${height} pixels is more than ${MOST_LENGTHS} times as long as wide; cut out what matters.`,
    );
  }
  if (!(data instanceof Uint8Array) || data.length !== width * height * 3) {
    const got = data instanceof Uint8Array ? `${data.length} bytes` : Object.prototype.toString.call(data);
    throw new RuntimeError(
      'BAD_PICTURE',
      `A picture of ${width} × ${height} needs ${width * height * 3} bytes of RGB, got ${got}; ` +
        'decode to three channels without alpha.',
    );
  }
}
