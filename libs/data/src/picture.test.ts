import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from './picture.ts';
import { temporaryFolder, writeTree } from './testing/pictures.ts';

const noise = Buffer.from(Uint8Array.from({ length: 48 * 40 * 3 }, (_, i) => (i * 7919) % 256));
const noisy = () => sharp(noise, { raw: { width: 48, height: 40, channels: 3 } });

describe('decodePicture', () => {
  it('gives the exact pixels of a lossless picture, from bytes and from a file', async () => {
    const png = await noisy().png().toBuffer();
    const folder = await temporaryFolder();
    await writeTree(folder, { 'x.png': png });
    for (const source of [png, new Uint8Array(png), join(folder, 'x.png')]) {
      const picture = await decodePicture(source);
      expect([picture.width, picture.height]).toEqual([48, 40]);
      expect(Buffer.compare(Buffer.from(picture.data), noise)).toBe(0);
    }
  });

  it('lays transparency on white', async () => {
    const half = await sharp({
      create: { width: 2, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect([...(await decodePicture(half)).data]).toEqual(Array(12).fill(255));
  });

  it('turns a picture as its EXIF orientation says', async () => {
    const turned = await noisy().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { width, height } = await decodePicture(turned);
    expect([width, height]).toEqual([40, 48]);
  });

  it.each([
    ['grey', () => noisy().greyscale().png()],
    ['grey with alpha', () => noisy().greyscale().ensureAlpha(1).png()],
    ['16 bits', () => noisy().toColourspace('rgb16').png()],
    ['palette', () => noisy().png({ palette: true })],
    ['CMYK', () => noisy().toColourspace('cmyk').jpeg()],
    ['WebP', () => noisy().webp()],
    ['AVIF', () => noisy().avif()],
  ])('gives three channels of %s', async (_, make) => {
    const picture = await decodePicture(await make().toBuffer());
    expect([picture.width, picture.height, picture.data.length]).toEqual([48, 40, 48 * 40 * 3]);
  });

  it('refuses what is cut off, empty, no picture or missing, by its name', async () => {
    const folder = await temporaryFolder();
    const jpeg = await noisy().jpeg().toBuffer();
    await writeTree(folder, { 'cut.jpg': jpeg.subarray(0, jpeg.length >> 1), 'empty.png': '', 'text.png': 'hello' });
    for (const name of ['cut.jpg', 'empty.png', 'text.png', 'missing.png']) {
      await expect(decodePicture(join(folder, name))).rejects.toMatchObject({
        code: 'UNREADABLE_PICTURE',
        message: expect.stringContaining(name),
      });
    }
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([noise, Buffer.alloc(noise.length, 7)]);
    const animation = () => sharp(frames, { raw: { width: 48, height: 80, channels: 3, pageHeight: 40 } });
    for (const file of [animation().webp({ lossless: true }), animation().gif()]) {
      const { width, height, data } = await decodePicture(await file.toBuffer());
      expect([width, height]).toEqual([48, 40]);
      expect(new Set(data).size).toBeGreaterThan(50);
    }
  });

  it('takes pictures of one pixel, and of one column', async () => {
    const column = await sharp(noise.subarray(0, 120), { raw: { width: 1, height: 40, channels: 3 } })
      .png()
      .toBuffer();
    expect([...(await decodePicture(column)).data]).toEqual([...noise.subarray(0, 120)]);
    const one = await sharp(noise.subarray(0, 3), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    expect(await decodePicture(one)).toMatchObject({ width: 1, height: 1 });
  });

  it('says as what to save a kind of picture that it can’t decode', async () => {
    const folder = await temporaryFolder();
    const heic = Uint8Array.from([
      ...[0, 0, 0, 24],
      ...Buffer.from('ftypheic\0\0\0\0mif1heic'),
      ...noise.subarray(0, 99),
    ]);
    await writeTree(folder, { 'photo.HEIC': heic, 'old.bmp': 'BMxxxxxxxxxxxxxxxx' });
    for (const name of ['photo.HEIC', 'old.bmp']) {
      await expect(decodePicture(join(folder, name))).rejects.toMatchObject({
        code: 'UNREADABLE_PICTURE',
        message: expect.stringMatching(/save it as JPEG, PNG or WebP$/),
      });
    }
  });

  it('refuses a picture of too many pixels before decoding it', async () => {
    // A small PNG whose header claims 8,200 × 8,200 pixels.
    const huge = await noisy().png().toBuffer();
    huge.writeUInt32BE(8200, 16);
    huge.writeUInt32BE(8200, 20);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    await expect(decodePicture(huge)).rejects.toMatchObject({ code: 'PICTURE_TOO_LARGE' });
  });
});
