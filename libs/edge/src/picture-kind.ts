/** @file What a file is, by its first bytes: what can't be decoded is named. A chunk of its own, loaded then. */
import { startsAs } from './starts-as.ts';

/** What the first bytes tell. */
export interface PictureKind {
  /** As people call it; undefined for what isn't known here. */
  readonly name?: string;
  /** What to do with it, where no browser decodes it as a picture, or not all do. */
  readonly advice?: string;
}

const OPEN_IT = 'Unpack it, and choose a picture that is in it.';

/** Looks at the beginning of a file. */
export function pictureKind(bytes: Uint8Array): PictureKind {
  const is = startsAs(bytes);
  if (is(0, '\x89PNG')) return { name: 'a PNG' };
  if (is(0, 'GIF8')) return { name: 'a GIF' };
  if (is(0, '\xff\xd8\xff')) return { name: 'a JPEG' };
  if (is(0, 'RIFF') && is(8, 'WEBP')) return { name: 'a WebP' };
  if (is(0, 'BM')) return { name: 'a BMP' };
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

function containerKind(is: ReturnType<typeof startsAs>): PictureKind {
  if (is(8, 'avif') || is(8, 'avis')) return { name: 'an AVIF', advice: 'Save it as a JPEG, or use a newer browser.' };
  if (['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].some((brand) => is(8, brand))) {
    return {
      name: 'a HEIC picture',
      advice: 'Few browsers read these: save it as a JPEG (an iPhone: Settings, Camera, Formats, Most Compatible).',
    };
  }
  return { name: 'a video', advice: 'Take a picture from it, or hand in a playing video element.' };
}

function isSvg(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 2000)).trimStart();
  return text.startsWith('<') && /<svg[\s>]/i.test(text);
}
