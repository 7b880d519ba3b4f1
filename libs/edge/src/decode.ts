/**
 * @file Pictures to pixels in a browser, with the same bytes as the server's decoder.
 *
 * At full size, upright by EXIF, in sRGB, transparency on white. A 2D canvas keeps colours premultiplied and so loses
 * bits where a picture is transparent; those pictures are read back through a WebGL texture, which doesn't.
 */

import type { Picture } from '@dqn/runtime';
import { hasAlpha, onWhite } from './alpha.ts';
import { EdgeError } from './errors.ts';
import type { EdgePicture } from './given.ts';
import type { PictureKind } from './picture-kind.ts';
import { HEADER_BYTES, pictureSize } from './picture-size.ts';

/** What a worker can be handed as a picture. */
export type PortablePicture = Blob | ImageData | Drawable;

/** What a canvas draws. It holds memory outside the JavaScript heap until it is closed. */
export type Drawable = ImageBitmap | VideoFrame;

/** As on the server: 64 megapixels are 192 MB of RGB. */
const MAX_PIXELS = 64_000_000;

const STRAIGHT: ImageBitmapOptions = {
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'default',
  imageOrientation: 'from-image',
};

/**
 * Decodes a picture at full size. A bitmap or a frame stays its owner's.
 *
 * @param side of a video's frame: the browser scales it until its shorter side has so many pixels. Frames pass by, and at
 * full size their pixels took three times as long as the network.
 * @throws EdgeError `NOT_A_PICTURE`, `PICTURE_TOO_LARGE`
 */
export async function decodePicture(source: PortablePicture, side?: number): Promise<Picture> {
  if (source instanceof ImageData) {
    return { width: source.width, height: source.height, data: onWhite(source.data) };
  }
  if (!(source instanceof Blob)) return pixelsOf(source, isFrame(source) ? side : undefined);
  const bitmap = await openBitmap(source);
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

/** Closes what holds memory outside the JavaScript heap; more than once does no harm. */
export function closeAll(pictures: readonly unknown[]): void {
  for (const picture of pictures) if (picture instanceof ImageBitmap || isFrame(picture)) picture.close();
}

/**
 * The same as a bitmap, which is the caller's to close unless it is the source itself. Of an animation it is the first picture.
 *
 * @throws EdgeError `NOT_A_PICTURE`, `PICTURE_TOO_LARGE`
 */
export async function openBitmap(source: PortablePicture): Promise<ImageBitmap> {
  if (source instanceof ImageBitmap) return source;
  if (isFrame(source)) return createImageBitmap(source);
  const header = source instanceof Blob ? await headerOf(source) : undefined;
  // Before it is decoded: a small file can unfold to more than there is memory.
  const { width = 0, height = 0 } = header ? pictureSize(header) : {};
  checkSize(width, height);
  try {
    return await createImageBitmap(source, STRAIGHT);
  } catch (cause) {
    const { name, advice } = await kindOf(header);
    const size = source instanceof Blob ? `, ${source.size.toLocaleString('en')} bytes` : '';
    const what = name ?? (source instanceof Blob ? source.type || 'no known type' : 'pixels');
    const message = `This browser can't decode the file (${what}${size}) as a picture.`;
    const todo = advice ?? 'Choose a JPEG, PNG, WebP or GIF; is the file whole?';
    throw new EdgeError('NOT_A_PICTURE', `${message} ${todo}`, { cause });
  }
}

async function headerOf(source: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await source.slice(0, HEADER_BYTES).arrayBuffer());
  } catch (cause) {
    // A file that was chosen, and then moved or changed.
    throw new EdgeError('NOT_A_PICTURE', 'The file can no longer be read; choose it again.', { cause });
  }
}

/** What it is called, where that can be said: without a network that part of the program may be missing. */
async function kindOf(header: Uint8Array | undefined): Promise<PictureKind> {
  if (header === undefined) return {};
  return import('./picture-kind.ts').then(
    ({ pictureKind }) => pictureKind(header),
    () => ({}),
  );
}

function checkSize(width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new EdgeError(
    'PICTURE_TOO_LARGE',
    `A picture of ${width} × ${height} has more than ${MAX_PIXELS / 1e6} megapixels; scale it down first.`,
  );
}

/**
 * Turns what only the page can read (an element, a canvas) into what a worker can be handed; unless it is the source
 * itself it is nobody else's, and may be transferred. A video's frame isn't copied here: the worker does that.
 */
export async function toPortable(source: EdgePicture): Promise<PortablePicture> {
  if (source instanceof Blob) return source;
  if (source instanceof ImageData || source instanceof ImageBitmap) {
    if (source.width > 0 && !(source instanceof ImageData && source.data.length === 0)) return source;
    throw new EdgeError('NOT_A_PICTURE', `This ${source.constructor.name} was closed or handed on.`);
  }
  if (typeof source !== 'object' || source === null) {
    throw new EdgeError('NOT_A_PICTURE', `${String(source)} is no picture.`);
  }
  if (source instanceof HTMLImageElement) await source.decode().catch(() => undefined);
  try {
    if (isFrame(source)) return source.clone();
    if (source instanceof HTMLVideoElement && typeof VideoFrame === 'function') return new VideoFrame(source);
    const bitmap = await createImageBitmap(source, STRAIGHT);
    checkReadable(bitmap);
    return bitmap;
  } catch (cause) {
    const why =
      (cause as Error).name === 'SecurityError'
        ? 'is from another origin: set its crossOrigin'
        : 'holds no picture yet';
    throw new EdgeError('NOT_A_PICTURE', `This ${source.constructor.name} ${why}.`, { cause });
  }
}

/** Throws a SecurityError for a picture whose pixels the page may not see: it couldn't be handed to a worker. */
function checkReadable(bitmap: ImageBitmap): void {
  const context = new OffscreenCanvas(1, 1).getContext('2d')!;
  context.drawImage(bitmap, 0, 0, 1, 1, 0, 0, 1, 1);
  try {
    context.getImageData(0, 0, 1, 1);
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

/** Not every browser has them. */
function isFrame(source: unknown): source is VideoFrame {
  return typeof VideoFrame === 'function' && source instanceof VideoFrame;
}

/** The pixels of what a canvas draws. @throws EdgeError `PICTURE_TOO_LARGE` */
export function pixelsOf(bitmap: Drawable, side = Number.POSITIVE_INFINITY): Picture {
  const sizes = isFrame(bitmap) ? [bitmap.displayWidth, bitmap.displayHeight] : [bitmap.width, bitmap.height];
  const scale = Math.min(1, side / Math.min(...sizes));
  const [width, height] = sizes.map((size) => Math.round(size * scale));
  checkSize(width, height);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  const premultiplied = context.getImageData(0, 0, width, height).data;
  const rgba =
    scale === 1 && hasAlpha(premultiplied) ? (straightPixels(bitmap, width, height) ?? premultiplied) : premultiplied;
  return { width, height, data: onWhite(rgba) };
}

/** One context for all pictures: browsers allow about 16 at a time. */
let sharedGl: WebGL2RenderingContext | null | undefined;

/** RGBA with straight alpha by way of a texture; undefined where WebGL is missing or the picture too large for it. */
function straightPixels(bitmap: Drawable, width: number, height: number): Uint8Array | undefined {
  if (sharedGl === undefined || sharedGl?.isContextLost()) sharedGl = new OffscreenCanvas(1, 1).getContext('webgl2');
  const gl = sharedGl;
  if (!gl || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return undefined;
  const texture = gl.createTexture();
  const frame = gl.createFramebuffer();
  try {
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return undefined;
    const rgba = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    return gl.getError() === gl.NO_ERROR ? rgba : undefined;
  } finally {
    gl.deleteFramebuffer(frame);
    gl.deleteTexture(texture);
  }
}
