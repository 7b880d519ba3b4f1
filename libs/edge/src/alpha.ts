/** @file Transparency, laid on white with the very arithmetic of the server's decoder. */

/**
 * RGBA to RGB on white: ⌊(c·a + 255·(255 − a)) / 255⌋, as libvips' flatten computes it on 8 bits.
 *
 * @param rgba straight (not premultiplied) alpha, [n, 4]
 * @returns [n, 3]
 */
export function onWhite(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const n = rgba.length >> 2;
  const rgb = new Uint8Array(n * 3);
  for (let i = 0, from = 0, to = 0; i < n; i++, from += 4, to += 3) {
    const alpha = rgba[from + 3];
    if (alpha === 255) {
      rgb[to] = rgba[from];
      rgb[to + 1] = rgba[from + 1];
      rgb[to + 2] = rgba[from + 2];
    } else {
      const white = 255 * (255 - alpha);
      rgb[to] = (rgba[from] * alpha + white) / 255;
      rgb[to + 1] = (rgba[from + 1] * alpha + white) / 255;
      rgb[to + 2] = (rgba[from + 2] * alpha + white) / 255;
    }
  }
  return rgb;
}

/** Whether any pixel of RGBA isn't opaque. */
export function hasAlpha(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return true;
  return false;
}
