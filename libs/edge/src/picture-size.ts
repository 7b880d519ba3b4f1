/** @file How large a picture is, by its first bytes: what is too large isn't decoded. */
import { startsAs } from './starts-as.ts';

/** Pixels, where they stand in the file's beginning. */
export interface PictureSize {
  readonly width?: number;
  readonly height?: number;
}

/** Enough for every header; before the size of a JPEG there may stand a whole preview. */
export const HEADER_BYTES = 262_144;

/** Looks at the beginning of a file. */
export function pictureSize(bytes: Uint8Array): PictureSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const is = startsAs(bytes);
  if (is(0, '\x89PNG') && is(12, 'IHDR') && bytes.length >= 24) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (is(0, 'GIF8') && bytes.length >= 10) {
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (is(0, '\xff\xd8\xff')) return jpegSize(view);
  if (is(0, 'RIFF') && is(8, 'WEBP')) return webpSize(view, is);
  if (is(0, 'BM') && bytes.length >= 26) {
    return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
  }
  return {};
}

/** The size in the first start-of-frame marker. */
function jpegSize(view: DataView): PictureSize {
  for (let at = 2; at + 9 < view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return {};
    const marker = view.getUint8(at + 1);
    // Filling bytes.
    if (marker === 0xff) {
      at++;
      continue;
    }
    // SOF0 to SOF15, without DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return {};
}

function webpSize(view: DataView, is: ReturnType<typeof startsAs>): PictureSize {
  if (view.byteLength < 30) return {};
  const three = (at: number): number => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (is(12, 'VP8X')) return { width: three(24) + 1, height: three(27) + 1 };
  if (is(12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}
