/**
 * @file Small plain PNG files, without sharp: setting up its pipeline costs more than the picture (about 1 ms of CPU
 * against 0.1 for 64 × 64). Anything that isn't plain, small and whole is left to sharp, its errors included.
 */
import { crc32, inflateSync } from 'node:zlib';
import type { Picture } from './dataset.ts';

/** Larger pictures would block the calling thread for milliseconds. */
const MAX_PIXELS_HERE = 65_536;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bytes a pixel by colour type: grey, RGB, palette, grey with alpha, RGB with alpha. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Chunks without a say in the pixels' values. */
const HARMLESS = new Set(['tEXt', 'zTXt', 'iTXt', 'tIME', 'pHYs']);

/** What stands before the pixels. */
interface Plain {
  readonly width: number;
  readonly height: number;
  /** PNG's colour type. */
  readonly type: number;
  readonly palette: Uint8Array | undefined;
  readonly data: Buffer;
}

/**
 * Decodes 8-bit PNG files without interlace, colour profile, gamma or transparent colour, up to 65,536 pixels.
 *
 * @returns the same bytes as sharp's, or undefined where sharp should look at the file
 */
export function decodePlainPng(file: Uint8Array): Picture | undefined {
  const plain = readChunks(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  if (!plain) return undefined;
  const { width, height } = plain;
  const channels = CHANNELS[plain.type];
  const stride = width * channels;
  const expected = height * (stride + 1);
  let rows: Buffer;
  try {
    rows = inflateSync(plain.data, { maxOutputLength: expected });
  } catch {
    return undefined;
  }
  if (rows.length !== expected || !unfilter(rows, height, stride, channels)) return undefined;
  const data = toRgb(rows, plain);
  return data && { width, height, data };
}

/** Undefined unless every chunk is known, in a plain order and whole. */
function readChunks(file: Buffer): Plain | undefined {
  if (file.length < 57 || !file.subarray(0, 8).equals(SIGNATURE)) return undefined;
  const pieces: Buffer[] = [];
  let header: Buffer | undefined;
  let palette: Buffer | undefined;
  let at = 8;
  while (at + 12 <= file.length) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    const end = at + 8 + length;
    if (end + 4 > file.length || crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end)) return undefined;
    const body = file.subarray(at + 8, end);
    at = end + 4;
    if ((name === 'IHDR') !== (header === undefined)) return undefined;
    if (name === 'IHDR') header = body;
    else if (name === 'PLTE' && !palette && pieces.length === 0) palette = body;
    else if (name === 'IDAT') pieces.push(body);
    else if (name === 'IEND') break;
    else if (!HARMLESS.has(name)) return undefined;
    if (at + 12 > file.length) return undefined;
  }
  if (header?.length !== 13 || pieces.length === 0 || at !== file.length) return undefined;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, type, compression, filter, interlace] = header.subarray(8);
  if (depth !== 8 || compression !== 0 || filter !== 0 || interlace !== 0 || !(type in CHANNELS)) return undefined;
  if (width < 1 || height < 1 || width * height > MAX_PIXELS_HERE) return undefined;
  if ((type === 3) !== (palette !== undefined) || (palette && palette.length % 3 !== 0)) return undefined;
  return { width, height, type, palette, data: pieces.length === 1 ? pieces[0] : Buffer.concat(pieces) };
}

/** Undoes the filters in place (PNG specification, 9.2); false for a filter that doesn't exist. */
function unfilter(rows: Uint8Array, height: number, stride: number, channels: number): boolean {
  for (let y = 0, at = 0; y < height; y++) {
    const filter = rows[at++];
    const up = at - stride - 1;
    if (filter > 4) return false;
    for (let i = 0; i < stride; i++, at++) {
      const left = i >= channels ? rows[at - channels] : 0;
      const above = y > 0 ? rows[up + i] : 0;
      if (filter === 1) rows[at] += left;
      else if (filter === 2) rows[at] += above;
      else if (filter === 3) rows[at] += (left + above) >> 1;
      else if (filter === 4) rows[at] += paeth(left, above, y > 0 && i >= channels ? rows[up + i - channels] : 0);
    }
  }
  return true;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** Pixels to RGB, transparency on white by ⌊(c·a + 255·(255 − a)) / 255⌋; undefined for a colour outside the palette. */
function toRgb(rows: Uint8Array, { width, height, type, palette }: Plain): Uint8Array | undefined {
  const rgb = new Uint8Array(width * height * 3);
  const channels = CHANNELS[type];
  let to = 0;
  for (let y = 0, at = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++, at += channels, to += 3) {
      if (type === 3) {
        const from = rows[at] * 3;
        if (from >= palette!.length) return undefined;
        rgb[to] = palette![from];
        rgb[to + 1] = palette![from + 1];
        rgb[to + 2] = palette![from + 2];
        continue;
      }
      const grey = channels < 3;
      const alpha = type >= 4 ? rows[at + channels - 1] : 255;
      const white = 255 * (255 - alpha);
      rgb[to] = (rows[at] * alpha + white) / 255;
      rgb[to + 1] = grey ? rgb[to] : (rows[at + 1] * alpha + white) / 255;
      rgb[to + 2] = grey ? rgb[to] : (rows[at + 2] * alpha + white) / 255;
    }
  }
  return rgb;
}
