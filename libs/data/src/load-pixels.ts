/** @file Rows of a data set to pixels of one size: decoded, prepared and gathered, a few pictures at a time. */
import type { DataProgress, Dataset, Picture } from './dataset.ts';
import { DataError } from './errors.ts';

/** Turns a decoded picture into [size, size, 3] RGB bytes: the same `preprocess.onnx` for everybody. */
export type ToPixels = (picture: Picture) => Promise<Uint8Array> | Uint8Array;

/** A picture that couldn't be read. */
export interface Skipped {
  row: number;
  id: string;
  error: Error;
}

/** How pixels are loaded. */
export interface LoadOptions {
  /** Edge of the prepared picture in pixels. */
  size: number;
  /** Stop at the first unreadable picture instead of skipping it. Default: false. */
  strict?: boolean | undefined;
  onSkip?: ((skipped: Skipped) => void) | undefined;
  /** Pictures decoded at a time. Default: 4. */
  concurrency?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DataProgress) => void) | undefined;
}

/** What {@link loadPixels} gives; `pixels` is [rows.length, size, size, 3]. */
export interface LoadedPixels {
  pixels: Uint8Array;
  /** The rows that could be read, in the order asked for. */
  rows: Uint32Array;
  skipped: Skipped[];
}

/** One batch of {@link pixelBatches}. */
export interface PixelBatch extends LoadedPixels {
  /** The pictures of `rows` as decoded, where `keepPictures` asked for them; else empty. */
  pictures: Picture[];
}

/**
 * Reads rows into one array.
 *
 * @throws {DataError} UNREADABLE_PICTURE or PICTURE_TOO_LARGE with `strict`, or where not one row can be read
 */
export async function loadPixels(
  dataset: Dataset,
  rows: ArrayLike<number>,
  toPixels: ToPixels,
  options: LoadOptions,
): Promise<LoadedPixels> {
  const { onProgress } = options;
  let done = 0;
  const { pixels, kept, skipped } = await readRows(dataset, rows, toPixels, options, undefined, () => {
    done++;
    onProgress?.({ stage: 'read', done, total: rows.length, unit: 'pictures', what: dataset.name });
  });
  if (kept.length === 0 && skipped.length > 0) {
    throw new DataError(
      'NO_IMAGES',
      `not one of ${rows.length} pictures of ${dataset.name} can be read; the first: ${skipped[0].error.message}`,
      { cause: skipped[0].error },
    );
  }
  return { pixels, rows: Uint32Array.from(kept), skipped };
}

/**
 * Reads rows batch by batch; the next batch is being decoded while the caller works on this one.
 *
 * @throws {DataError} UNREADABLE_PICTURE or PICTURE_TOO_LARGE with `strict`
 */
export async function* pixelBatches(
  dataset: Dataset,
  rows: ArrayLike<number>,
  toPixels: ToPixels,
  options: LoadOptions & { batch: number; keepPictures?: boolean },
): AsyncGenerator<PixelBatch, void, undefined> {
  const { batch, keepPictures = false, onProgress } = options;
  let done = 0;
  const load = async (from: number): Promise<PixelBatch> => {
    const part = Array.from({ length: Math.min(batch, rows.length - from) }, (_, i) => rows[from + i]);
    const pictures: Picture[] | undefined = keepPictures ? [] : undefined;
    const { pixels, kept, skipped } = await readRows(dataset, part, toPixels, options, pictures, () => {
      done++;
      onProgress?.({ stage: 'read', done, total: rows.length, unit: 'pictures', what: dataset.name });
    });
    return { pixels, rows: Uint32Array.from(kept), skipped, pictures: pictures ?? [] };
  };
  let next = rows.length > 0 ? load(0) : undefined;
  for (let from = batch; next; from += batch) {
    const current: PixelBatch = await next;
    next = from < rows.length ? load(from) : undefined;
    // Should the caller stop here, nobody awaits the batch that is under way: its failure must not end the process.
    next?.catch(() => {});
    yield current;
  }
}

async function readRows(
  dataset: Dataset,
  rows: ArrayLike<number>,
  toPixels: ToPixels,
  options: LoadOptions,
  pictures: Picture[] | undefined,
  onDone: () => void,
): Promise<{ pixels: Uint8Array; kept: number[]; skipped: Skipped[] }> {
  const { size, strict = false, onSkip, concurrency = 4, signal } = options;
  const bytes = size * size * 3;
  const pixels = new Uint8Array(rows.length * bytes);
  const failed = new Map<number, Skipped>();
  const decoded: Picture[] = [];
  let next = 0;
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (next < rows.length && !stopped) {
      const at = next++;
      const row = rows[at];
      signal?.throwIfAborted();
      let picture: Picture;
      try {
        picture = await dataset.read(row, signal);
      } catch (error) {
        if (strict || !isUnreadable(error)) throw error;
        const skipped = { row, id: dataset.id(row), error };
        failed.set(at, skipped);
        onSkip?.(skipped);
        onDone();
        continue;
      }
      const prepared = await toPixels(picture);
      if (prepared.length !== bytes) {
        throw new RangeError(`toPixels gave ${prepared.length} bytes, expected ${bytes} ([${size}, ${size}, 3])`);
      }
      pixels.set(prepared, at * bytes);
      if (pictures) decoded[at] = picture;
      onDone();
    }
  };
  const stop = (error: unknown): never => {
    stopped = true;
    throw error;
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, () => worker().catch(stop)));

  const kept: number[] = [];
  for (let at = 0; at < rows.length; at++) {
    if (failed.has(at)) continue;
    if (failed.size > 0) pixels.copyWithin(kept.length * bytes, at * bytes, (at + 1) * bytes);
    pictures?.push(decoded[at]);
    kept.push(rows[at]);
  }
  const skipped = [...failed.keys()].sort((a, b) => a - b).map((at) => failed.get(at) as Skipped);
  return { pixels: pixels.subarray(0, kept.length * bytes), kept, skipped };
}

function isUnreadable(error: unknown): error is DataError {
  return error instanceof DataError && (error.code === 'UNREADABLE_PICTURE' || error.code === 'PICTURE_TOO_LARGE');
}
