/** @file CIFAR-10 for tests: the real one where `DQN_DATA` leads to it, and one that only has its labels. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../dataset.ts';

/** Folder of the real files, or `undefined`; in CI they must be there. */
export function realCifar10(): string | undefined {
  const root = process.env.DQN_DATA;
  const places = root ? [root, join(root, 'cifar-10-batches-bin'), join(root, 'cifar10', 'cifar-10-batches-bin')] : [];
  const found = places.find((place) => existsSync(join(place, 'test_batch.bin')));
  if (!found) {
    const message = `SKIPPED: no CIFAR-10 under DQN_DATA (${root ?? 'not set'}): set it to the folder that holds cifar-10-batches-bin`;
    if (process.env.CI === 'true') throw new Error(message);
    console.warn(message);
  }
  return found;
}

/** 60,000 rows with labels like CIFAR-10's (row modulo 10), without pixels. */
export function cifar10Labels(): Dataset {
  return labelsOnly(
    'cifar10',
    10,
    Array.from({ length: 60_000 }, (_, row) => [row % 10]),
    (row) => (row < 50_000 ? 'train' : 'test'),
  );
}

/** A data set that is nothing but labels. */
export function labelsOnly(
  name: string,
  classes: number,
  labels: number[][],
  split?: (row: number) => 'train' | 'test',
  group: (row: number) => string = (row) => String(row),
): Dataset {
  return {
    name,
    classes: Array.from({ length: classes }, (_, label) => `class${label}`),
    length: labels.length,
    warnings: [],
    id: (row) => String(row),
    labels: (row) => labels[row],
    group,
    ...(split ? { split } : {}),
    read: () => Promise.reject(new Error('no pixels')),
    describe: () => name,
  };
}
