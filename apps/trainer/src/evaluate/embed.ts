/** @file Rows of a data set to embeddings, by one or several views of each picture. */
import { type Dataset, type Picture, pixelBatches, type Skipped } from '@dqn/data';
import type { Model } from '@dqn/runtime';
import { crop, pictureDigest, type ViewPlan, viewCount, viewsOf } from '@dqn/train';
import { TrainerError } from '../errors.ts';

/** Views of a picture that are averaged: 1 = itself, 2 = and mirrored, more = and so many random crops. */
export type Views = number;

/** How rows are embedded. */
export interface EmbedOptions {
  views: Views;
  /** Pictures a run of the network. */
  batch: number;
  strict: boolean;
  signal: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** `embeddings` is [rows.length, D]. */
export interface Embedded {
  embeddings: Float32Array;
  /** The rows that could be read, in the order asked for. */
  rows: Uint32Array;
  skipped: Skipped[];
}

/** Every view's own embedding: `values` is [views, rows.length, D]. */
export interface EmbeddedViews extends Omit<Embedded, 'embeddings'> {
  readonly values: Float32Array;
  readonly views: number;
}

/** The views behind a number of them; crops as those that recipes learn from. */
export function viewPlan(views: Views): ViewPlan {
  return { flip: views >= 2, crops: Math.max(0, views - 2), scale: views > 2 ? [0.7, 1] : [1, 1] };
}

/**
 * Embeds rows in their order. With several views the mean of their embeddings counts, brought back to the length that
 * the network gives where that is 1.
 *
 * @throws TrainerError NOTHING_TO_MEASURE: not one row is left
 */
export async function embedRows(
  model: Model,
  dataset: Dataset,
  rows: Uint32Array,
  options: EmbedOptions,
): Promise<Embedded> {
  const { values, views, ...read } = await embedViews(model, dataset, rows, options);
  return { ...read, embeddings: average(values, views, model.dimensions) };
}

/**
 * Embeds every view of the rows.
 *
 * @throws TrainerError NOTHING_TO_MEASURE: not one row is left
 */
export async function embedViews(
  model: Model,
  dataset: Dataset,
  rows: Uint32Array,
  options: EmbedOptions,
): Promise<EmbeddedViews> {
  const { batch, strict, signal, onProgress } = options;
  const { dimensions: D, size } = model;
  const plan = viewPlan(options.views);
  const views = viewCount(plan);
  const all = Array.from({ length: views }, () => new Float32Array(rows.length * D));
  const kept: number[] = [];
  const skipped: Skipped[] = [];
  const load = { size, batch, strict, concurrency: 8, keepPictures: plan.crops > 0, signal };
  for await (const part of pixelBatches(dataset, rows, (picture) => model.preprocess(picture), load)) {
    skipped.push(...part.skipped);
    const count = part.rows.length;
    if (count > 0) {
      const shown = [part.pixels];
      if (plan.flip) shown.push(mirrored(part.pixels, count, size));
      if (plan.crops > 0) shown.push(...(await cropped(model, part.pictures, plan)));
      for (const [view, pixels] of shown.entries()) {
        all[view].set(await model.embedPixels(pixels, count), kept.length * D);
      }
      kept.push(...part.rows);
    }
    onProgress?.(kept.length + skipped.length, rows.length);
  }
  if (kept.length === 0) {
    const first = skipped.length > 0 ? `; the first: ${skipped[0].error.message}` : '';
    throw new TrainerError(
      'NOTHING_TO_MEASURE',
      `not one of ${rows.length} pictures of ${dataset.name} can be read${first}`,
    );
  }
  const width = kept.length * D;
  const values = new Float32Array(views * width);
  for (const [view, one] of all.entries()) values.set(one.subarray(0, width), view * width);
  return { values, views, rows: Uint32Array.from(kept), skipped };
}

/** The crops of a plan, one block of pixels [pictures, size, size, 3] each. */
async function cropped(model: Model, pictures: readonly Picture[], plan: ViewPlan): Promise<Uint8Array[]> {
  const { size } = model;
  const bytes = size * size * 3;
  const blocks = Array.from({ length: plan.crops }, () => new Uint8Array(pictures.length * bytes));
  for (const [i, picture] of pictures.entries()) {
    const crops = viewsOf(picture, pictureDigest(picture), plan).filter(({ square }) => square !== undefined);
    for (const [c, view] of crops.entries()) {
      const pixels = await model.preprocess(crop(picture, view.square!));
      blocks[c].set(view.mirrored ? mirrored(pixels, 1, size) : pixels, i * bytes);
    }
  }
  return blocks;
}

/** Every picture of [n, size, size, 3] with left and right exchanged. */
export function mirrored(pixels: Uint8Array, n: number, size: number): Uint8Array {
  const out = new Uint8Array(pixels.length);
  for (let line = 0; line < n * size; line++) {
    const start = line * size * 3;
    for (let x = 0; x < size; x++) {
      const from = start + 3 * x;
      const to = start + 3 * (size - 1 - x);
      out[to] = pixels[from];
      out[to + 1] = pixels[from + 1];
      out[to + 2] = pixels[from + 2];
    }
  }
  return out;
}

/**
 * The mean of [views, n, D] over the views, [n, D]; a row whose views all had length 1 gets it again. One view is given
 * back as it is.
 */
export function average(values: Float32Array, views: number, D: number): Float32Array {
  const length = values.length / views;
  if (views === 1) return values;
  const mean = new Float32Array(length);
  for (let row = 0; row < length; row += D) {
    let isUnit = true;
    for (let view = 0; view < views; view++) {
      const from = view * length + row;
      let square = 0;
      for (let i = 0; i < D; i++) {
        const value = values[from + i];
        square += value * value;
        mean[row + i] += value / views;
      }
      isUnit &&= Math.abs(square - 1) < 1e-3;
    }
    if (isUnit) scaleToUnit(mean.subarray(row, row + D));
  }
  return mean;
}

/** Whether every row of [n, D] has length 1. */
export function areUnit(values: Float32Array, D: number): boolean {
  for (let row = 0; row < values.length; row += D) {
    let square = 0;
    for (let i = row; i < row + D; i++) square += values[i] ** 2;
    if (Math.abs(square - 1) >= 1e-3) return false;
  }
  return true;
}

/** Brings a vector to length 1, in place; zeros stay. */
function scaleToUnit(vector: Float32Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return;
  for (let i = 0; i < vector.length; i++) vector[i] /= length;
}
