import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { hasAlpha, onWhite } from './alpha.ts';

/** Every colour with every alpha, once. */
function everyPair(): Uint8Array {
  const rgba = new Uint8Array(256 * 256 * 4);
  for (let colour = 0; colour < 256; colour++) {
    for (let alpha = 0; alpha < 256; alpha++) {
      rgba.set([colour, 255 - colour, colour ^ 85, alpha], (colour * 256 + alpha) * 4);
    }
  }
  return rgba;
}

describe('transparency', () => {
  it("is laid on white with the bits of the server's decoder, for every colour and alpha", async () => {
    const rgba = everyPair();
    const theirs = await sharp(rgba, { raw: { width: 256, height: 256, channels: 4 } })
      .flatten({ background: '#ffffff' })
      .raw()
      .toBuffer();
    expect(theirs.equals(onWhite(rgba))).toBe(true);
  });

  it('is noticed wherever it is', () => {
    const opaque = new Uint8Array(40).fill(255);
    expect(hasAlpha(opaque)).toBe(false);
    opaque[38] = 0;
    expect(hasAlpha(opaque)).toBe(false);
    opaque[39] = 254;
    expect(hasAlpha(opaque)).toBe(true);
    expect(hasAlpha(new Uint8Array(0))).toBe(false);
  });
});
