import { lookupTable, scan } from '@dqn/pq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashFiles, Killed } from '../testing/crash-files.ts';
import { madePut, Origin } from '../testing/tabs.ts';
import type { OwnCollection } from './collection.ts';
import { memoryFiles } from './files.ts';

/** What should be there: numbers, of which all else follows, by id. */
type Model = Map<string, number>;

const idsOf = ({ items }: OwnCollection) => [...items.all()].map((slot) => items.at(slot).id).sort();

/** All that a collection has, by id. */
async function contentOf(collection: OwnCollection) {
  const { items } = collection;
  const slots = [...items.all()];
  const [thumbnails, metadata] = [await collection.thumbnails(slots), await collection.metadata(slots)];
  const all = slots.map(async (slot, i) => {
    const { id, labels } = items.at(slot);
    const thumbnail = [...(thumbnails[i]?.bytes ?? [])];
    return [id, { code: [...items.code(slot)], labels, metadata: [...metadata[i]], thumbnail }] as const;
  });
  return new Map((await Promise.all(all)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function expected(model: Model, { codebook }: Origin) {
  const all = [...model].map(([id, n]) => {
    const { code, labels, metadata, thumbnail } = madePut(id, n, codebook);
    return [id, { code: [...code], labels, metadata: [...metadata], thumbnail: [...thumbnail] }] as const;
  });
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Something that is done to a collection. */
type Step =
  | { readonly put: readonly (readonly [id: number, n: number])[] }
  | { readonly remove: readonly number[] }
  | 'clear';

const id = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: fc.array(fc.tuple(id, fc.nat(10_000)), { minLength: 1, maxLength: 8 }) }) },
  { weight: 3, arbitrary: fc.record({ remove: fc.array(id, { minLength: 1, maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

async function take(step: Step, collection: OwnCollection, { codebook }: Origin): Promise<void> {
  if (step === 'clear') await collection.clear();
  else if ('put' in step) await collection.put(step.put.map(([id, n]) => madePut(`own ${id}`, n, codebook)));
  else await collection.remove(step.remove.map((id) => `own ${id}`));
}

function after(step: Step, before: Model): Model {
  const model = new Map(before);
  if (step === 'clear') model.clear();
  else if ('put' in step) for (const [id, n] of step.put) model.set(`own ${id}`, n);
  else for (const id of step.remove) model.delete(`own ${id}`);
  return model;
}

describe('a collection', () => {
  it('is what was done to it, in every tab and when it is opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), step), { maxLength: 25 }), async (steps) => {
        const origin = new Origin();
        const tabs = [await origin.open(), await origin.open()];
        let model: Model = new Map();
        for (const [tab, step] of steps) {
          await take(step, tabs[tab], origin);
          model = after(step, model);
          expect(tabs[tab].items.count).toBe(model.size);
        }
        const again = await origin.open();
        for (const tab of [...tabs, again]) {
          await tab.refresh();
          expect(await contentOf(tab)).toEqual(expected(model, origin));
          expect(tab.state.trouble).toBeUndefined();
          await tab.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has all that was acknowledged after a crash at any byte, and of the rest a write as a whole or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 4 }),
        async (steps, kills) => {
          const files = crashFiles();
          const origin = new Origin(files);
          let model: Model = new Map();
          let next = 0;
          for (const kill of [...kills, undefined]) {
            files.killAfter = undefined;
            const tab = await origin.open();
            expect(await contentOf(tab)).toEqual(expected(model, origin));
            files.killAfter = kill;
            for (; next < steps.length; next++) {
              try {
                await take(steps[next], tab, origin);
              } catch (error) {
                expect((error as Error).cause).toBeInstanceOf(Killed);
                break;
              }
              model = after(steps[next], model);
            }
            await tab.close();
            files.killAfter = undefined;
            if (next === steps.length) continue;
            // What was under way may be there.
            const seen = await origin.open();
            const content = await contentOf(seen);
            const whole = after(steps[next], model);
            if (!same(content, expected(model, origin))) {
              expect(content).toEqual(expected(whole, origin));
              model = whole;
            }
            next++;
            await seen.close();
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('stays as it was when the storage is full, says so, and takes removals still', async () => {
    const files = crashFiles();
    const origin = new Origin(files);
    const tab = await origin.open();
    const puts = Array.from({ length: 20 }, (_, n) => madePut(`own ${n}`, n, origin.codebook));
    await tab.put(puts);
    files.quota = 2 ** 16 + 4000;
    const model: Model = new Map(puts.map(({ id }, n) => [id, n]));
    for (let n = 20; ; n++) {
      try {
        await tab.put([madePut(`own ${n}`, n, origin.codebook)]);
        model.set(`own ${n}`, n);
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORAGE_FULL' });
        break;
      }
    }
    expect(tab.state).toMatchObject({ trouble: { code: 'STORAGE_FULL' }, count: model.size });
    expect(await contentOf(tab)).toEqual(expected(model, origin));
    expect(await tab.remove(['own 3', 'own 4'])).toEqual([true, true]);
    model.delete('own 3');
    model.delete('own 4');
    const full = await origin.open();
    expect(await contentOf(full)).toEqual(expected(model, origin));
    await full.close();
    files.quota = Number.POSITIVE_INFINITY;
    await tab.put([madePut('own 3', 99, origin.codebook)]);
    model.set('own 3', 99);
    expect(tab.state.trouble).toBeUndefined();
    const again = await origin.open();
    expect(await contentOf(again)).toEqual(expected(model, origin));
    files.quota = 0;
    await again.clear();
    await tab.refresh();
    expect([tab.state, again.state]).toMatchObject([{ count: 0 }, { count: 0, bytes: 0 }]);
    await Promise.all([tab.close(), again.close()]);
  });

  it('has written what is on the disk, also where it can’t be read at once', async () => {
    const files = memoryFiles();
    let written = false;
    const origin = new Origin({
      ...files,
      async write(...what) {
        await files.write(...what);
        written = true;
      },
      async remove(name) {
        await files.remove(name);
        written = true;
      },
      async list() {
        if (!written) return files.list();
        written = false;
        throw new DOMException('It failed once.', 'NotReadableError');
      },
    });
    const tab = await origin.open();
    await tab.put([madePut('own 1', 1, origin.codebook)]);
    await expect.poll(() => tab.items.count).toBe(1);
    expect(await tab.remove(['own 1'])).toEqual([true]);
    await expect.poll(() => tab.items.count).toBe(0);
    await tab.put([madePut('own 2', 2, origin.codebook)]);
    await expect.poll(() => tab.items.count).toBe(1);
    await tab.clear();
    await expect.poll(() => tab.items.count).toBe(0);
    await tab.close();
  });

  it('opens with all but what is damaged, says so, and takes more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        async (writes, flips) => {
          const files = crashFiles();
          const origin = new Origin(files);
          const tab = await origin.open();
          const model: Model = new Map();
          for (let n = 0; n < writes; n++) {
            await tab.put([0, 1, 2].map((i) => madePut(`own ${3 * n + i}`, 3 * n + i, origin.codebook)));
            for (const i of [0, 1, 2]) model.set(`own ${3 * n + i}`, 3 * n + i);
          }
          const { bytes } = tab.state;
          await tab.close();
          const [name] = await files.list();
          const places = new Set(flips.map((at) => at % bytes));
          for (const at of places) await files.flip(name, at);
          const opened = await origin.open();
          const content = await contentOf(opened);
          const all = expected(model, origin);
          for (const [id, item] of content) expect(item).toEqual(all.get(id));
          const isLast = opened.state.trouble === undefined;
          expect(content.size).toBeGreaterThanOrEqual(model.size - 3 * places.size);
          if (!isLast) expect(opened.state.trouble).toMatchObject({ code: 'OWN_DAMAGED' });
          await opened.put([madePut('new', 7, origin.codebook)]);
          await opened.close();
          const again = await origin.open();
          const now = await contentOf(again);
          expect(now.get('new')).toEqual(expected(new Map([['new', 7]]), origin).get('new'));
          expect(now.size).toBe(content.size + 1);
          await again.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives back the room of what is gone', async () => {
    const origin = new Origin();
    const tab = await origin.open();
    const thumbnail = new Uint8Array(200_000).fill(7);
    const put = (n: number) => tab.put([{ ...madePut(`own ${n % 3}`, n, origin.codebook), thumbnail }]);
    for (let n = 0; n < 30; n++) await put(n);
    expect(tab.state.bytes).toBeLessThan(2_000_000);
    const other = await origin.open();
    expect(idsOf(other)).toEqual(['own 0', 'own 1', 'own 2']);
    for (let n = 30; n < 40; n++) await put(n);
    await expect
      .poll(() => other.items.code(other.items.find('own 0')!))
      .toEqual(madePut('', 39, origin.codebook).code);
    expect(await other.thumbnails([0])).toHaveLength(1);
    await Promise.all([tab.close(), other.close()]);
  });

  it('is searched as a scan does', async () => {
    const origin = new Origin();
    const tab = await origin.open();
    const puts = Array.from({ length: 500 }, (_, n) => madePut(`own ${n}`, n, origin.codebook));
    await tab.put(puts);
    await tab.remove(puts.filter((_, n) => n % 7 === 0).map(({ id }) => id));
    const query = Float32Array.from({ length: origin.codebook.D }, (_, d) => d / 16);
    const { M, K } = origin.codebook;
    const codes = Uint8Array.from(puts.flatMap(({ code }) => [...code]));
    for (const [filter, passes] of [
      [undefined, () => true],
      [{ labels: ['label 1'] }, (n: number) => n % 3 === 1],
      [{ labels: ['label 1', 'label 2'], ids: ['own 1', 'own 3', 'own 5'] }, (n: number) => n === 1 || n === 5],
      [{ labels: [] }, () => false],
    ] as const) {
      const table = lookupTable(origin.codebook, query, 'aqd');
      const all = scan(codes, table, { M, K, k: 20, filter: (n) => n % 7 !== 0 && passes(n) });
      const found = tab.items.search(query, { k: 20, distance: 'aqd', filter });
      expect([...found.distances]).toEqual([...all.distances]);
      expect(Array.from(found.ids, (slot) => tab.items.at(slot).id)).toEqual(Array.from(all.rows, (n) => `own ${n}`));
    }
    await tab.close();
  });

  it('takes nothing once it is closed', async () => {
    const origin = new Origin();
    const tab = await origin.open();
    const last = tab.put([madePut('last', 1, origin.codebook)]);
    await tab.close();
    await last;
    await expect(tab.put([madePut('later', 1, origin.codebook)])).rejects.toMatchObject({ code: 'CLOSED' });
    const again = await origin.open();
    expect(idsOf(again)).toEqual(['last']);
    await again.close();
  });
});

function same(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}
