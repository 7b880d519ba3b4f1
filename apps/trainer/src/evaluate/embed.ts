/** @file Rows of a data set to embeddings, by one or two views of each picture. */
import { type Dataset, pixelBatches, type Skipped } from '@dqn/data';
import type { Model } from '@dqn/runtime';
import { TrainerError } from '../errors.ts';

/** Views of a picture that are averaged: 1 = itself, 2 = itself and mirrored. */
export type Views = 1 | 2;

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

/**
 * Embeds rows in their order. With two views the mean of both embeddings counts, brought back to the length that the
 * network gives where that is 1.
 *
 * @throws TrainerError NOTHING_TO_MEASURE: not one row is left
 */
export async function embedRows(
  model: Model,
  dataset: Dataset,
  rows: Uint32Array,
  options: EmbedOptions,
): Promise<Embedded> {
  const { views, batch, strict, signal, onProgress } = options;
  const D = model.dimensions;
  const embeddings = new Float32Array(rows.length * D);
  const kept: number[] = [];
  const skipped: Skipped[] = [];
  const load = { size: model.size, batch, strict, concurrency: 8, signal };
  for await (const part of pixelBatches(dataset, rows, (picture) => model.preprocess(picture), load)) {
    skipped.push(...part.skipped);
    const count = part.rows.length;
    if (count > 0) {
      const z = await model.embedPixels(part.pixels, count);
      if (views === 2) {
        average(z, await model.embedPixels(mirrored(part.pixels, count, model.size), count), D);
      }
      embeddings.set(z, kept.length * D);
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
  return { embeddings: embeddings.slice(0, kept.length * D), rows: Uint32Array.from(kept), skipped };
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

/** Adds `other` to `z` [n, D] and halves, in place; a row whose two views both had length 1 gets it again. */
export function average(z: Float32Array, other: Float32Array, D: number): void {
  for (let from = 0; from < z.length; from += D) {
    let [a, b, sum] = [0, 0, 0];
    for (let i = from; i < from + D; i++) {
      a += z[i] ** 2;
      b += other[i] ** 2;
      z[i] = (z[i] + other[i]) / 2;
      sum += z[i] ** 2;
    }
    const isUnit = Math.abs(a - 1) < 1e-3 && Math.abs(b - 1) < 1e-3;
    if (!isUnit || sum === 0) continue;
    const scale = 1 / Math.sqrt(sum);
    for (let i = from; i < from + D; i++) z[i] *= scale;
  }
}
