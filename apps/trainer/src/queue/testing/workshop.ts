/** @file A Redis, a small model, pictures and a gallery in memory, for tests of the queue. */
import { join } from 'node:path';
import { openDataset, THUMBNAIL_TYPE } from '@dqn/data';
import { sha256Hex } from '@dqn/format';
import { type Model, openModel } from '@dqn/runtime';
import { madeUpPicture, nodeSession, smallModel } from '@dqn/runtime/testing';
import { ServerError, type StoredItem } from '@dqn/server';
import sharp from 'sharp';
import { expect } from 'vitest';
import { type Cluster, startCluster } from '../../../../../tools/cluster.mjs';
import { temporaryFolder, writeTree } from '../../testing/model.ts';
import { type OpenQueue, openQueue } from '../connection.ts';
import { type ProduceOptions, produce } from '../produce.ts';
import type { RunProgress } from '../runs.ts';
import { runPictures } from '../sources/pictures.ts';
import type { Sink } from '../store.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '../work.ts';

/** A gallery in memory that can be made to refuse. */
export class MemorySink implements Sink {
  readonly items = new Map<string, StoredItem>();
  /** Pictures written, those again that were there. */
  writes = 0;
  /** Asked before each write. */
  refuse: (items: readonly StoredItem[]) => void | Promise<void> = () => {};

  async put(items: readonly StoredItem[]): Promise<void> {
    await this.refuse(items);
    for (const item of items) this.items.set(String(item.id), item);
    this.writes += items.length;
  }

  async close(): Promise<void> {}
}

/** What a gallery on a full disk says. */
export const diskFull = (): Error => new ServerError('WRITES_REFUSED', 'the disk is full', { retryAfter: 1 });

/** Everything that a test needs; end it. */
export interface Workshop {
  readonly cluster: Cluster;
  readonly model: Model;
  /** Of pictures `CLASS/N.png`. */
  folder(count: number): Promise<string>;
  /** A queue of that name, with back-offs for which a test has time. */
  queue(name: string): Promise<OpenQueue>;
  /** One that isn't taken for dead while a slow machine pauses: where one is killed, `silence` has to be short. */
  worker(queue: OpenQueue, sink: Sink, o?: Partial<WorkerOptions>): RunningWorker;
  /** Puts a folder, jobs of 4 pictures, and follows it. */
  put(queue: OpenQueue, folder: string, o?: Partial<ProduceOptions>): Promise<RunProgress>;
  /** Expects each picture of a folder once, with the codes that one loop over them gives. */
  expectWhole(sink: MemorySink, folder: string, but?: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

/** Starts a Redis. */
export async function openWorkshop(): Promise<Workshop> {
  const [cluster, small] = await Promise.all([startCluster({ shards: 0 }), smallModel()]);
  const model = await openModel(small.bytes, { createSession: nodeSession });
  expect(model.codebookSha256).toBe(sha256Hex(small.bytes.codebook));
  const queues: OpenQueue[] = [];
  const read = (folder: string) => openDataset(folder, { labelsOptional: true });
  const rowsOf = (length: number) => Uint32Array.from({ length }, (_, row) => row);
  return {
    cluster,
    model,
    async folder(count) {
      const folder = await temporaryFolder();
      const files: Record<string, Uint8Array> = {};
      for (let i = 0; i < count; i++) {
        const { data, width, height } = madeUpPicture(i, 36, 32);
        files[`class ${i % 3}/${i}.png`] = await sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer();
      }
      await writeTree(folder, files);
      return folder;
    },
    async queue(name) {
      const queue = await openQueue(`${cluster.redis!.url}?queue=${name}`, { backoff: 50 });
      queues.push(queue);
      return queue;
    },
    worker: (queue, sink, o = {}) => startWorker({ queue, model, sink, ...o }),
    async put(queue, folder, o = {}) {
      const dataset = await read(folder);
      return produce({
        queue,
        pictures: runPictures(dataset, rowsOf(dataset.length), folder),
        codebookSha256: model.codebookSha256,
        size: 4,
        thumbnails: true,
        signal: AbortSignal.timeout(50_000),
        silence: 500,
        ...o,
      });
    },
    async expectWhole(sink, folder, but = []) {
      const dataset = await read(folder);
      const rows = [...rowsOf(dataset.length)].filter((row) => !but.includes(dataset.id(row)));
      expect([...sink.items.keys()].sort()).toEqual(rows.map((row) => dataset.id(row)).sort());
      const { M } = model.codebook;
      const codes = await model.encode(await Promise.all(rows.map((row) => dataset.read(row))));
      for (const [i, row] of rows.entries()) {
        const item = sink.items.get(dataset.id(row))!;
        expect(item.code, item.id as string).toEqual(codes.slice(i * M, (i + 1) * M));
        expect(item.labels).toEqual(dataset.labels(row).map((label) => dataset.classes[label]));
        expect((await sharp(item.thumbnail).metadata()).format).toBe(THUMBNAIL_TYPE.split('/')[1]);
      }
    },
    async end() {
      await Promise.all(queues.map((queue) => queue.close()));
      await model.close();
      await cluster.stop();
    },
  };
}

/** A picture's file in a folder of {@link Workshop}. */
export const pictureFile = (folder: string, i: number): string => join(folder, `class ${i % 3}`, `${i}.png`);
