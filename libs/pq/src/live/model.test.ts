import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../random.ts';
import { Reference } from '../testing/reference.ts';
import { sameArrays } from '../testing/same.ts';
import { createIndexWith } from './create.ts';
import type { Internals } from './internals.ts';
import { createLabels } from './labels.ts';
import type { PqIndex } from './pq-index.ts';

/** What an index is held against, and what is still under way. */
interface Model {
  readonly reference: Reference;
  readonly random: Random;
  readonly pending: Promise<void>[];
}
type Command = fc.AsyncCommand<Model, PqIndex>;

/** A command that is always possible. */
function command(name: string, run: (model: Model, index: PqIndex) => void | Promise<void>): Command {
  return { check: () => true, run: async (model, index) => run(model, index), toString: () => name };
}

function randomCodes({ M, K }: Reference, count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count * M }, () => random.integer(K));
}

/** Few different numbers, so that many items are equally near. */
function randomTable({ M, K }: Reference, random: Random): Float32Array {
  const steps = 2 + random.integer(20);
  return Float32Array.from({ length: M * K }, () => random.integer(steps) / 8 - 1);
}

function someIds(count: number, range: number, random: Random): Uint32Array {
  return Uint32Array.from(new Set(Array.from({ length: count }, () => random.integer(range))));
}

/** Some of those that are there. */
function knownIds(reference: Reference, count: number, random: Random): Uint32Array {
  const all = [...reference.items.keys()];
  return someIds(all.length > 0 ? count : 0, all.length, random).map((i) => all[i]);
}

/** Every way to write and to search, in changes of up to `size` items with ids below `range`. */
function commands(size: number, range: number): fc.Arbitrary<Command>[] {
  const count = fc.integer({ min: 1, max: size });
  return [
    count.map((n) =>
      command(`upsert ${n}`, ({ reference, random }, index) => {
        const ids = someIds(n, range, random);
        const codes = randomCodes(reference, ids.length, random);
        index.upsert(ids, codes);
        reference.put(ids, codes);
      }),
    ),
    count.map((n) =>
      command(`add ${n}`, ({ reference, random }, index) => {
        const ids = someIds(n, range, random);
        const codes = randomCodes(reference, ids.length, random);
        if (ids.some((id) => reference.items.has(id))) {
          expect(() => index.add(ids, codes)).toThrow(expect.objectContaining({ code: 'DUPLICATE_ID' }));
        } else {
          index.add(ids, codes);
          reference.put(ids, codes);
        }
      }),
    ),
    count.map((n) =>
      command(`remove ${n}`, ({ reference, random }, index) => {
        const ids = someIds(n, range, random);
        expect(index.remove(ids)).toBe(ids.filter((id) => reference.items.delete(id)).length);
      }),
    ),
    fc.constant(command('look up', compareItems)),
    fc.integer({ min: 1, max: 40 }).map((most) =>
      command(`search ${most}`, ({ reference, random }, index) => {
        const table = randomTable(reference, random);
        const k = Math.min(most, reference.items.size);
        if (k === 0) {
          expect(() => index.search({ table }, { k: 1 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
          return;
        }
        expect(index.search({ table }, { k })).toEqual(reference.search(table, k));
        const radius = reference.search(table, k).distances[k - 1];
        expect(index.within({ table }, { radius })).toEqual(reference.within(table, radius));
      }),
    ),
    fc
      .record({ share: fc.constantFrom(0.003, 0.1, 0.6), how: fc.constantFrom('ids', 'bitmap', 'label') })
      .map(({ share, how }) =>
        command(`filter ${how} ${share}`, ({ reference, random }, index) => {
          if (reference.items.size === 0) return;
          const table = randomTable(reference, random);
          const wanted = Math.ceil(share * reference.items.size);
          const ids = how === 'ids' ? knownIds(reference, wanted, random) : someIds(wanted, range, random);
          const bitmap = new Uint32Array(Math.ceil(range / 32));
          for (const id of ids) bitmap[id >>> 5] |= 1 << (id & 31);
          const labels = createLabels(
            Array.from({ length: ids.length }, () => [7]),
            ids,
          );
          const filter = how === 'ids' ? { ids } : how === 'bitmap' ? { bitmap } : labels.filter(7);
          const keep = new Set(ids);
          const k = Math.min(5, reference.items.size);
          const expected = reference.search(table, k, (id) => keep.has(id));
          expect(index.search({ table }, { k, filter })).toEqual(expected);
          expect(index.search({ table }, { k, filter })).toEqual(expected);
          const radius = expected.distances[0] ?? 0;
          expect(index.within({ table }, { radius, filter })).toEqual(
            reference.within(table, radius, (id) => keep.has(id)),
          );
        }),
      ),
    fc
      .record({ queries: fc.integer({ min: 0, max: 60 }), filtered: fc.boolean(), near: fc.boolean() })
      .map(({ queries, filtered, near }) =>
        command(`begin a batch of ${queries}`, ({ reference, random, pending }, index) => {
          if (reference.items.size === 0) return;
          const then = reference.copy();
          const tables = Array.from({ length: queries }, () => randomTable(reference, random));
          const all = Float32Array.from(tables.flatMap((table) => [...table]));
          const ids = filtered ? knownIds(reference, Math.ceil(0.5 * reference.items.size), random) : undefined;
          const keep = ids && new Set(ids);
          const filter = ids && { ids };
          const k = Math.min(9, reference.items.size);
          const radius = -0.25 * reference.M;
          const options = near ? { radius, filter } : { k, filter };
          pending.push(
            index.searchMany({ tables: all }, options).then((hits) => {
              const wanted = keep && ((id: number) => keep.has(id));
              expect(hits.length).toBe(queries);
              tables.forEach((table, i) => {
                expectSame(hits[i], near ? then.within(table, radius, wanted) : then.search(table, k, wanted));
              });
            }),
          );
        }),
      ),
    fc.constant(command('begin a merge', ({ pending }, index) => void pending.push(index.merge()))),
    fc.constant(
      command('merge', async ({ reference, random, pending }, index) => {
        await Promise.all(pending.splice(0));
        await index.merge();
        expect(index.explain()).toMatchObject({ tail: 0, dead: 0, merge: { running: false, failed: undefined } });
        await compareItems({ reference, random, pending }, index);
      }),
    ),
    fc.constant(
      command('wait', async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }),
    ),
  ];
}

function expectSame<T extends object>(actual: T, expected: T): void {
  if (!sameArrays(actual, expected)) expect(actual).toEqual(expected);
}

function compareItems({ reference, random }: Model, index: PqIndex): void {
  const all = reference.all();
  expect(index.count).toBe(all.ids.length);
  expectSame(index.items(), all);
  for (const id of someIds(5, 200, random)) {
    expect(index.has(id)).toBe(reference.items.has(id));
    expect(index.code(id)).toEqual(reference.items.get(id));
  }
}

interface Setting {
  readonly M: number;
  readonly K: number;
  /** Items at first: ids 0 … N − 1, or every third number. */
  readonly items: number;
  readonly sparse: boolean;
  /** Cells where there are too few items for them, too. */
  readonly structure?: 'auto' | 'multi-index';
  readonly size: number;
  readonly threads: number;
  readonly internals: Internals;
  readonly runs: number;
  readonly maxCommands: number;
}

async function holds(setting: Setting): Promise<void> {
  const { M, K, items, structure, sparse, size, threads, internals, runs, maxCommands } = setting;
  const range = 2 * items + 50;
  await fc.assert(
    fc.asyncProperty(
      fc.commands(commands(size, range), { maxCommands, size: 'max' }),
      fc.nat(),
      fc.boolean(),
      async (sequence, seed, autoMerge) => {
        const random = createRandom(seed);
        const reference = new Reference(M, K);
        const codes = randomCodes(reference, items, random);
        const ids = sparse ? Uint32Array.from({ length: items }, (_, i) => 3 * (items - i)) : undefined;
        reference.put(ids ?? Array(items).keys(), codes);
        const pending: Promise<void>[] = [];
        using index = await createIndexWith(
          { codebook: { M, K }, codes, ids, structure, threads, autoMerge },
          internals,
        );
        const setup = () => ({ model: { reference, random, pending }, real: index });
        await fc.asyncModelRun(setup, sequence);
        await Promise.all(pending);
        compareItems({ reference, random, pending }, index);
      },
    ),
    { numRuns: runs, endOnFailure: true },
  );
}

describe('an index in use answers as a map and a scan do', () => {
  const here = { threads: 0, internals: { breakAfter: 0 }, size: 20, runs: 12, maxCommands: 40 };
  it.each([
    { M: 2, K: 4, items: 0, sparse: false },
    { M: 3, K: 2, items: 60, sparse: false },
    { M: 1, K: 256, items: 60, sparse: true },
    { M: 5, K: 8, items: 200, sparse: true },
  ])('of $items items at first, M = $M, K = $K', (shape) => holds({ ...shape, ...here }));

  it('of pages and cells', () =>
    holds({
      M: 4,
      K: 16,
      items: 5000,
      structure: 'multi-index',
      sparse: true,
      ...here,
      size: 2000,
      runs: 2,
      maxCommands: 20,
    }));

  // The threads run dist: `npm run build` first (npm test does).
  it.each([
    { M: 3, K: 8, items: 300, sparse: false, size: 200 },
    { M: 4, K: 16, items: 4500, structure: 'multi-index' as const, sparse: true, size: 1500 },
  ])('with threads, of $items items at first', (shape) =>
    holds({
      ...shape,
      threads: 2,
      internals: { threadsFrom: 0 },
      runs: shape.items > 1000 ? 1 : 6,
      maxCommands: 40,
    }),
  );
});
