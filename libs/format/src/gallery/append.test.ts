/** @file Appending: what comes back, and that a file that was left at any moment holds a whole state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../errors.ts';
import { bytesSource } from '../source.ts';
import { after, MemoryFile } from '../testing/memory-file.ts';
import { flip } from '../testing/mutations.ts';
import { fullGallery, sampleGallery } from '../testing/samples.ts';
import { type Addition, Appender } from './append.ts';
import type { GalleryItem, ItemId } from './meta.ts';
import { readState } from './open.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

const start = writeGallery(fullGallery());

async function appenderOf(file: MemoryFile): Promise<Appender> {
  return new Appender(file, await readState(file));
}

/** Everything in a file, to be compared. */
async function contentOf(bytes: Uint8Array) {
  const gallery = await openGallery(bytesSource(bytes));
  await gallery.verify();
  return {
    meta: gallery.meta,
    image: await gallery.image(),
    tail: await gallery.tail(),
    removed: await gallery.removed(),
    items: await gallery.items(),
  };
}

function codesOf(count: number): Uint8Array {
  return new Uint8Array(2 * count).map((_, i) => i % 4);
}

function addition(ids: readonly ItemId[], more: Partial<Addition> = {}): Addition {
  const items = ids.map((id, i): GalleryItem => ({ id, labels: [i % 3] }));
  return { items, codes: codesOf(ids.length), ...more };
}

/** A file to which two commits were added: items of all sorts, an upsert, removals. */
async function grown(): Promise<{ file: MemoryFile; states: Uint8Array[] }> {
  const file = new MemoryFile(start);
  const appender = await appenderOf(file);
  const states = [file.bytes];
  const items: GalleryItem[] = [
    { id: 'new', labels: [1, 0], thumbnail: Uint8Array.of(7, 8), metadata: { made: 2024 } },
    { id: '☕', labels: [], metadata: {} },
  ];
  await appender.append({ items, codes: Uint8Array.of(1, 1, 2, 2), classes: ['owl', 'bird'] }, { upsert: false });
  await appender.commit();
  states.push(file.bytes);
  await appender.append(addition(['d', 'e', 'new']), { upsert: true });
  expect(await appender.remove({ ids: ['☕', 'nobody'] })).toBe(1);
  expect(await appender.remove({ rows: [0, 0, 2] })).toBe(1);
  expect(appender.pending).toEqual({ rows: 3, removed: 4 });
  await appender.commit();
  states.push(file.bytes);
  return { file, states };
}

describe('an append', () => {
  it('adds rows behind the others, with everything that an item has', async () => {
    const { states } = await grown();
    const first = await contentOf(states[1]);
    const before = await contentOf(start);
    expect(first.meta).toMatchObject({ generation: 2, rows: 6, count: 5, tail: 2 });
    expect(first.meta.classes).toEqual([...before.meta.classes, 'owl']);
    expect(first.image).toEqual(before.image);
    expect(first.tail).toEqual({ first: 4, codes: Uint8Array.of(1, 1, 2, 2), removed: new Uint32Array(0) });
    expect(first.items).toEqual([
      ...before.items,
      { id: 'new', labels: [1, 3], thumbnail: Uint8Array.of(7, 8), metadata: { made: 2024 } },
      { id: '☕', labels: [], thumbnail: undefined, metadata: {} },
    ]);
  });

  it('replaces and removes: a changed item has a new row, the rows that are gone are listed', async () => {
    const { states } = await grown();
    const { meta, tail, removed, items } = await contentOf(states[2]);
    expect(meta).toMatchObject({ generation: 3, rows: 9, count: 4, tail: 5 });
    // 2 was gone before the image was made.
    expect([...tail.removed]).toEqual([0, 3, 4, 5]);
    expect([...removed]).toEqual([0, 2, 3, 4, 5]);
    expect(tail.codes).toEqual(Uint8Array.of(1, 1, 2, 2, 0, 1, 2, 3, 0, 1));
    expect(items.slice(6).map(({ id }) => id)).toEqual(['d', 'e', 'new']);
  });

  it('may remove what was never written, and add it again', async () => {
    const file = new MemoryFile(start);
    const appender = await appenderOf(file);
    for (let i = 0; i < 3; i++) await appender.append(addition(['x', 'y']), { upsert: true });
    await appender.remove({ ids: ['x'] });
    await appender.append(addition(['x']), { upsert: false });
    await appender.commit();
    const { items, removed } = await contentOf(file.bytes);
    expect([...removed]).toEqual([2, 4, 5, 6, 7, 8]);
    expect(items.slice(9).map(({ id }) => id)).toEqual(['y', 'x']);
  });

  it('refuses what does not belong, and nothing has changed then', async () => {
    const file = new MemoryFile(start);
    const appender = await appenderOf(file);
    const wrong: [string, Addition][] = [
      ['DUPLICATE_ID', addition(['d'])],
      ['DUPLICATE_ID', addition(['a', 'a'])],
      ['BAD_INPUT', addition([5])],
      ['BAD_INPUT', addition([5n])],
      ['BAD_INPUT', addition([''])],
      ['BAD_INPUT', { ...addition(['a']), items: { count: 1 } }],
      ['BAD_INPUT', addition(['a'], { codes: new Uint8Array(3) })],
      ['BAD_INPUT', addition(['a'], { codes: Uint8Array.of(0, 4) })],
      ['BAD_INPUT', addition(['a'], { classes: [] })],
      ['BAD_INPUT', addition(['a'], { thumbnailType: 'image/png' })],
    ];
    for (const [code, one] of wrong) {
      await expect(appender.append(one, { upsert: false })).rejects.toMatchObject({ code });
    }
    for (const id of [5, 5n]) {
      await expect(appender.remove({ ids: ['d', id] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    for (const row of [4, -1, 0.5]) {
      await expect(appender.remove({ rows: [0, row] })).rejects.toMatchObject({ code: 'NO_SUCH_ROW' });
    }
    expect(appender.pending).toEqual({ rows: 0, removed: 0 });
    await appender.commit();
    expect(file.steps).toEqual([]);
  });

  it('knows ids of every kind, those in the file and those added since', async () => {
    const kinds: [fc.Arbitrary<ItemId[]>][] = [
      [fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 30 })],
      [fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 })],
      [fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 30 })],
    ];
    for (const [arbitrary] of kinds) {
      await fc.assert(
        fc.asyncProperty(arbitrary, fc.nat(29), fc.nat(29), async (ids, cut, gone) => {
          const base = ids.slice(0, 1 + (cut % ids.length));
          const { items: first, codes } = addition(base);
          const content = { ...sampleGallery(), items: first, codes };
          const file = new MemoryFile(writeGallery(content));
          const appender = await appenderOf(file);
          await appender.append(addition(ids.slice(base.length)), { upsert: false });
          await expect(appender.append(addition([ids[gone % ids.length]]), { upsert: false })).rejects.toMatchObject({
            code: 'DUPLICATE_ID',
          });
          expect(await appender.remove({ ids: [ids[gone % ids.length]] })).toBe(1);
          expect(await appender.remove({ ids: [ids[gone % ids.length]] })).toBe(0);
          await appender.append(addition(ids), { upsert: true });
          await appender.commit();
          const again = await appenderOf(new MemoryFile(file.bytes));
          expect(await again.remove({ ids: [...ids, ...ids] })).toBe(ids.length);
          const { meta, items } = await contentOf(file.bytes);
          expect(meta).toMatchObject({ rows: 2 * ids.length, count: ids.length });
          expect(items.map((item) => item.id)).toEqual([...ids, ...ids]);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('keeps ids that are the rows free of room', async () => {
    const file = new MemoryFile(writeGallery({ ...sampleGallery(), items: { count: 4 } }));
    const appender = await appenderOf(file);
    await appender.append({ items: { count: 2 }, codes: new Uint8Array(4) }, { upsert: false });
    await appender.commit();
    expect((await readState(file)).segments.map(({ ids }) => ids)).toEqual([undefined, undefined]);
    await appender.append(addition([100, 3]), { upsert: true });
    await appender.commit();
    const gallery = await openGallery(bytesSource(file.bytes));
    expect([...(await gallery.ids())]).toEqual([0, 1, 2, 3, 4, 5, 100, 3]);
    expect([...(await gallery.removed())]).toEqual([3]);
  });

  it('gives a flat gallery all its codes, in the order of rows', async () => {
    const file = new MemoryFile(writeGallery(sampleGallery()));
    const appender = await appenderOf(file);
    await appender.append(addition(['x', 'y']), { upsert: false });
    await appender.commit();
    const before = await openGallery(file);
    await appender.remove({ ids: ['x'] });
    await appender.commit();
    await expect((await openGallery(file)).codes()).rejects.toMatchObject({ code: 'CODES_IN_INDEX' });
    // Who opened it earlier still has the state from then.
    expect(await before.codes()).toEqual(Uint8Array.of(...sampleGallery().codes, 0, 1, 2, 3));
    expect(await before.removed()).toEqual(new Uint32Array(0));
  });

  it('one by one for long leaves few segments, and the same content', async () => {
    const file = new MemoryFile(start);
    const appender = await appenderOf(file);
    const all: string[] = [];
    for (let i = 0; i < 150; i++) {
      all.push(`item ${i}`);
      const item = { id: all[i], labels: [i % 3], thumbnail: Uint8Array.of(i), metadata: { i } };
      await appender.append({ items: [item], codes: Uint8Array.of(i % 4, 3) }, { upsert: false });
      if (i % 50 === 49) await appender.remove({ ids: [all[i - 7]] });
      await appender.commit();
    }
    const state = await readState(file);
    expect(state.segments.length).toBeLessThan(25);
    const { items, tail } = await contentOf(file.bytes);
    expect(items.slice(4).map(({ id }) => id)).toEqual(all);
    expect(items[4 + 99]).toEqual({ id: 'item 99', labels: [0], thumbnail: Uint8Array.of(99), metadata: { i: 99 } });
    expect([...tail.codes.slice(0, 8)]).toEqual([0, 3, 1, 3, 2, 3, 3, 3]);
    expect([...tail.removed]).toEqual([46, 96, 146]);
  });
});

describe('an append that is killed', () => {
  it('at any byte of any write leaves the state before it or the one after it', async () => {
    const { file, states } = await grown();
    const expected = await Promise.all(states.map(contentOf));
    let bytes = start;
    let turned = 0;
    let looked = 0;
    for (const step of file.steps) {
      const isPointer = step.kind === 'write' && step.offset === 64;
      const length = step.kind === 'write' ? step.bytes.length : 0;
      for (let cut = 0; cut < length; cut++) {
        const broken = after(bytes, step, cut);
        const { meta } = await readState(bytesSource(broken));
        if (meta.generation !== turned + 1) throw new Error(`state ${meta.generation} after ${turned} commits`);
        // What it holds is read now and then: nothing of it has been touched.
        if (looked++ % 101 === 0) expect(await contentOf(broken)).toEqual(expected[turned]);
      }
      bytes = after(bytes, step);
      if (isPointer) turned++;
      expect(await contentOf(bytes)).toEqual(expected[turned]);
    }
    expect(turned).toBe(2);
    expect(bytes).toEqual(file.bytes);
  });

  it('by a power failure, which may keep any part of what was not flushed, does so, too', async () => {
    const { file, states } = await grown();
    const expected = await Promise.all(states.map(contentOf));
    await fc.assert(
      fc.asyncProperty(fc.nat(file.steps.length), fc.infiniteStream(fc.boolean()), async (stop, keeps) => {
        let bytes = start;
        let turned = 0;
        // Everything up to the last flush is there, of the rest any pieces.
        const flushed = file.steps.findLastIndex((step, i) => i < stop && step.kind === 'sync');
        for (const [i, step] of file.steps.slice(0, stop).entries()) {
          if (step.kind !== 'write') {
            bytes = after(bytes, step);
            continue;
          }
          for (let at = 0; at < step.bytes.length; at += 64) {
            const piece = { ...step, offset: step.offset + at, bytes: step.bytes.slice(at, at + 64) };
            if (i < flushed || keeps.next().value) bytes = after(bytes, piece);
          }
          if (i < flushed && step.offset === 64) turned++;
        }
        const { meta } = await readState(bytesSource(bytes));
        const states = [turned + 1, turned + 2];
        expect(states).toContain(meta.generation);
        expect(await contentOf(bytes)).toEqual(expected[meta.generation - 1]);
      }),
      { numRuns: 120 },
    );
  });

  it('is followed by one that cuts off what it left', async () => {
    const { file } = await grown();
    const [step] = file.steps;
    const broken = new MemoryFile(after(start, step));
    const appender = await appenderOf(broken);
    await appender.append(addition(['later']), { upsert: false });
    await appender.commit();
    expect(broken.steps[0]).toEqual({ kind: 'truncate', length: start.length });
    expect((await contentOf(broken.bytes)).items.map(({ id }) => id)).toContain('later');
  });

  it('by an error of the disk can be tried again; at the very last write the file has to be opened anew', async () => {
    for (const failing of ['write', 'sync', 'pointer'] as const) {
      const file = new MemoryFile(start);
      const appender = await appenderOf(file);
      await appender.append(addition(['x']), { upsert: false });
      file.before = (step) => {
        const isPointer = step.kind === 'write' && step.offset === 64;
        if (failing === 'pointer' ? isPointer : step.kind === failing) throw new Error('disk');
      };
      await expect(appender.commit()).rejects.toThrow('disk');
      file.before = () => {};
      expect((await contentOf(file.bytes)).meta.generation).toBe(1);
      if (failing === 'pointer') {
        await expect(appender.commit()).rejects.toMatchObject({ code: 'CLOSED', cause: { message: 'disk' } });
      } else {
        expect(file.bytes).toEqual(start);
        await appender.commit();
        expect((await contentOf(file.bytes)).items.at(-1)?.id).toBe('x');
      }
    }
  });

  it('by an abort leaves everything as it was', async () => {
    const file = new MemoryFile(start);
    const appender = await appenderOf(file);
    await appender.append(addition(['x']), { upsert: false });
    const controller = new AbortController();
    file.before = () => controller.abort(new Error('enough'));
    await expect(appender.commit({ signal: controller.signal })).rejects.toThrow('enough');
    // But for the idle slot, which nobody reads.
    expect(file.size).toBe(start.length);
    expect(await contentOf(file.bytes)).toEqual(await contentOf(start));
    expect(appender.pending.rows).toBe(1);
  });
});

describe('an append to a file that is somebody else’s by now', () => {
  it.each([0, 1, 2])('touches nothing any more, when that shows at look %i', async (look) => {
    const file = new MemoryFile(start);
    const appender = await appenderOf(file);
    await appender.append(addition(['x']), { upsert: false });
    let looks = 0;
    let steps = -1;
    const guard = async () => {
      if (looks++ < look) return;
      steps = Math.max(steps, file.steps.length);
      throw new FormatError('LOCKED', 'gone');
    };
    await expect(appender.commit({ guard })).rejects.toMatchObject({ code: 'LOCKED' });
    expect(file.steps).toHaveLength(steps);
    expect(file.steps.some(({ kind }) => kind === 'truncate')).toBe(false);
    expect(appender.pending.rows).toBe(1);
  });
});

describe('a gallery that was added to', () => {
  it('shows every flipped bit of its pointer, slot and directory, and every truncation', async () => {
    const { states } = await grown();
    const bytes = states[2];
    const view = new DataView(bytes.buffer);
    const directory = Number(view.getBigUint64(512 + 24, true));
    const length = Number(view.getBigUint64(512 + 32, true));
    const slot = Array.from({ length: 512 }, (_, i) => 512 + i);
    const places = [64, ...slot, ...Array.from({ length }, (_, i) => directory + i)];
    const unseen: number[] = [];
    for (const place of places) {
      for (let bit = 8 * place; bit < 8 * place + 8; bit++) {
        const error = await readState(bytesSource(flip(bytes, bit))).catch((error) => error);
        if (!(error instanceof FormatError)) unseen.push(bit);
      }
    }
    expect(unseen).toEqual([]);
    for (let size = 0; size < bytes.length; size++) {
      const error = await readState(bytesSource(bytes.subarray(0, size))).catch((error) => error);
      if (error.code !== 'TRUNCATED') unseen.push(size);
    }
    expect(unseen).toEqual([]);
  });

  it('is compacted around an image of all that is there', async () => {
    const { states } = await grown();
    const gallery = await openGallery(bytesSource(states[2]));
    const before = await contentOf(states[2]);
    const image = {
      ...{ kind: 'flat', version: 1, M: 2, K: 4, count: 4, facts: {} },
      parts: [
        { name: 'codes', bytes: Uint8Array.of(0, 1, 2, 3, 0, 1, 1, 2) },
        { name: 'ids', bytes: new Uint8Array(Uint32Array.of(6, 7, 8, 1).buffer) },
      ],
    };
    const pieces: Uint8Array[] = [];
    for await (const piece of await gallery.compacted(image)) pieces.push(piece);
    const bytes = new Uint8Array(Buffer.concat(pieces));
    const { meta, items, removed, tail } = await contentOf(bytes);
    expect(meta).toMatchObject({ generation: 4, rows: 9, count: 4, tail: 0, classes: before.meta.classes });
    expect([...removed]).toEqual([...before.removed]);
    expect(tail.removed.length).toBe(0);
    for (const row of [1, 6, 7, 8]) expect(items[row]).toEqual(before.items[row]);
    for (const row of removed) expect(items[row]).toEqual({ id: '', labels: [], thumbnail: undefined });
    expect(bytes.length).toBeLessThan(states[2].length);
    await expect(gallery.compacted({ ...image, count: 5 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    // And it can be added to.
    const file = new MemoryFile(bytes);
    const appender = await appenderOf(file);
    await appender.append(addition(['☕', 'e']), { upsert: true });
    await appender.commit();
    expect((await contentOf(file.bytes)).tail.removed).toEqual(Uint32Array.of(7));
  });

  // An index that holds the first rows, in their order, doesn't name them.
  it.each([
    { why: 'the last row is gone', kept: 3 },
    { why: 'all rows are gone', kept: 0 },
  ])('is whole where $why and the image names none', async ({ kept }) => {
    const bytes = writeGallery({
      ...fullGallery(),
      removed: Uint32Array.from({ length: 4 - kept }, (_, i) => kept + i),
      image: {
        ...{ kind: 'flat', version: 1, M: 2, K: 4, count: kept, facts: {} },
        parts: [{ name: 'codes', bytes: new Uint8Array(2 * kept) }],
      },
    });
    expect((await contentOf(bytes)).meta).toMatchObject({ rows: 4, count: kept });
  });
});
