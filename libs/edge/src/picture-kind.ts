/** @file What a file is and how large, by its first bytes: what can't be decoded is named, and what is too large isn't tried. */

/** What the first bytes tell. */
export interface PictureKind {
  /** As people call it; undefined for what isn't known here. */
  readonly name?: string;
  /** What to do with it, where no browser decodes it as a picture, or not all do. */
  readonly advice?: string;
  /** Pixels, where they stand in the file's beginning. */
  readonly width?: number;
  readonly height?: number;
}

/** Enough for every header; before the size of a JPEG there may stand a whole preview. */
export const HEADER_BYTES = 262_144;

const OPEN_IT = 'Unpack it, and choose a picture that is in it.';

/** Looks at the beginning of a file. */
export function pictureKind(bytes: Uint8Array): PictureKind {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const is = (at: number, text: string): boolean =>
    [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
  if (is(0, '\x89PNG\r\n\x1a\n') && is(12, 'IHDR') && bytes.length >= 24) {
    return { name: 'a PNG', width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (is(0, 'GIF8') && bytes.length >= 10) {
    return { name: 'a GIF', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (is(0, '\xff\xd8\xff')) return { name: 'a JPEG', ...jpegSize(view) };
  if (is(0, 'RIFF') && is(8, 'WEBP')) return { name: 'a WebP', ...webpSize(view, is) };
  if (is(0, 'BM') && bytes.length >= 26) {
    return { name: 'a BMP', width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
  }
  if (is(0, 'PK\x03\x04') || is(0, 'PK\x05\x06')) return { name: 'a zip archive', advice: OPEN_IT };
  if (is(0, '\x1f\x8b') || is(0, 'Rar!') || is(0, '7z\xbc\xaf')) return { name: 'an archive', advice: OPEN_IT };
  if (is(0, '%PDF')) return { name: 'a PDF', advice: 'Save the page as a PNG or a JPEG.' };
  if (is(0, 'II*\0') || is(0, 'MM\0*')) return { name: 'a TIFF', advice: 'Save it as a PNG or a JPEG.' };
  if (is(4, 'ftyp')) return containerKind(is);
  if (isSvg(bytes)) {
    return {
      name: 'an SVG',
      advice: 'It is a drawing without pixels: export it as a PNG in the size that it is seen in.',
    };
  }
  return {};
}

type Is = (at: number, text: string) => boolean;

function containerKind(is: Is): PictureKind {
  if (is(8, 'avif') || is(8, 'avis')) return { name: 'an AVIF', advice: 'Save it as a JPEG, or use a newer browser.' };
  if (['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].some((brand) => is(8, brand))) {
    return {
      name: 'a HEIC picture',
      advice: 'Few browsers read these: save it as a JPEG (an iPhone: Settings, Camera, Formats, Most Compatible).',
    };
  }
  return { name: 'a video', advice: 'Take a picture from it, or hand in a playing video element.' };
}

/** The size in the first start-of-frame marker. */
function jpegSize(view: DataView): { width?: number; height?: number } {
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

function webpSize(view: DataView, is: Is): { width?: number; height?: number } {
  if (view.byteLength < 30) return {};
  const three = (at: number): number => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (is(12, 'VP8X')) return { width: three(24) + 1, height: three(27) + 1 };
  if (is(12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

function isSvg(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 2000)).trimStart();
  return text.startsWith('<') && /<svg[\s>]/i.test(text);
}
