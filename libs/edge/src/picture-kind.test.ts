import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { pictureKind } from './picture-kind.ts';
import { pictureSize } from './picture-size.ts';

const image = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: '#f80' } });
const text = (value: string) => new TextEncoder().encode(value);

describe('the first bytes of a file', () => {
  it('tell how large a picture is, in every format that has it there', async () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 700 }), height: fc.integer({ min: 1, max: 700 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ width, height }) => {
        const files = await Promise.all([
          image(width, height).png().toBuffer(),
          image(width, height).jpeg().toBuffer(),
          image(width, height).jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
          image(width, height).gif().toBuffer(),
          image(width, height).webp().toBuffer(),
          image(width, height).webp({ lossless: true }).toBuffer(),
          image(width, height, 4).webp({ quality: 50 }).toBuffer(),
        ]);
        for (const file of files)
          expect(pictureSize(file), file.toString('latin1', 0, 16)).toMatchObject({ width, height });
      }),
      { numRuns: 10 },
    );
  });

  it('name what browsers don’t decode, and say what to do', () => {
    const ftyp = (brand: string) => Uint8Array.of(0, 0, 0, 24, ...text(`ftyp${brand}`), 0, 0, 0, 0);
    const named: [Uint8Array, string][] = [
      [text('PK\x03\x04 and so on'), 'a zip archive'],
      [text('%PDF-1.7'), 'a PDF'],
      [ftyp('heic'), 'a HEIC picture'],
      [ftyp('mif1'), 'a HEIC picture'],
      [ftyp('avif'), 'an AVIF'],
      [ftyp('isom'), 'a video'],
      [text('<?xml version="1.0"?>\n<!-- made by -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 'an SVG'],
      [Uint8Array.of(0x49, 0x49, 0x2a, 0), 'a TIFF'],
    ];
    for (const [file, name] of named) {
      const kind = pictureKind(file);
      expect(kind.name).toBe(name);
      expect(kind.advice).toMatch(/\.$/);
    }
    expect(pictureKind(text('<html>'))).toEqual({});
    expect(pictureKind(new Uint8Array(0))).toEqual({});
  });

  it('whatever they are, are no trouble', async () => {
    const jpeg = await image(30, 20).jpeg().toBuffer();
    const damaged = fc.tuple(fc.nat(jpeg.length), fc.uint8Array({ maxLength: 40 })).map(([at, more]) => {
      const bytes = new Uint8Array(jpeg);
      bytes.set(more.subarray(0, bytes.length - at), at);
      return bytes.subarray(0, at + more.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
        pictureKind(bytes);
        pictureSize(bytes);
      }),
    );
  });
});
