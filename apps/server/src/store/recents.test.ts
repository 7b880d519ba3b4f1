/** @file What was written recently, and the table of ids: as a Map has it. */
import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { IdTable } from './id-table.ts';
import type { JournalPart } from './journal.ts';
import { type Recent, Recents } from './recents.ts';

describe('recents', () => {
  it('are what a Map would hold', () => {
    const random = createRandom(1);
    const parts = [1, 2, 3].map((number) => ({ path: `${number}` }) as JournalPart);
    const recents = new Recents();
    const model = new Map<number, Recent>();
    for (let i = 0; i < 20_000; i++) {
      const slot = random.integer(500) * 2 ** random.integer(20);
      if (random.next() < 0.3) {
        recents.delete(slot);
        model.delete(slot);
      } else {
        const recent: Recent = {
          id: `item ${i}`,
          labels: Array.from({ length: random.integer(3) }, () => random.integer(4)),
          part: parts[random.integer(3)],
          metadataAt: random.integer(1000) * 2 ** 30,
          metadataLength: random.integer(9),
          thumbnailLength: random.integer(9),
        };
        recents.set(slot, recent.id, recent.labels, recent);
        model.set(slot, recent);
      }
      const other = random.integer(500);
      expect(recents.get(other)).toEqual(model.get(other));
      expect(recents.has(other)).toBe(model.has(other));
      expect(recents.id(other)).toBe(model.get(other)?.id);
      expect(recents.labels(other)).toEqual(model.get(other)?.labels);
    }
    expect(recents.size).toBe(model.size);
    expect(new Map(recents)).toEqual(model);
    expect(recents.bytes / recents.size).toBeLessThan(80);
  });
});

describe('the table of ids', () => {
  it.each([32, 3])('finds what a Map finds, with hashes of %i bits', (bits) => {
    const random = createRandom(2);
    const idOf = new Map<number, number>();
    const hashOf = (id: number) => ((Math.imul(id, 0x9e3779b1) >>> 0) >>> (32 - bits)) * 2 ** (bits === 32 ? 0 : 20);
    const table = new IdTable<number>({
      hashOf,
      hash: (slot) => hashOf(idOf.get(slot)!),
      matches: (slot, id) => idOf.get(slot) === id,
    });
    const slotOf = new Map<number, number>();
    const most = bits === 32 ? 20_000 : 300;
    for (let i = 0; i < 2 * most; i++) {
      const id = random.integer(most);
      const slot = slotOf.get(id);
      if (slot === undefined) {
        idOf.set(i, id);
        slotOf.set(id, i);
        table.add(i);
      } else if (random.next() < 0.5) {
        table.remove(slot);
        slotOf.delete(id);
        idOf.delete(slot);
      }
    }
    for (let id = 0; id < most; id++) expect(table.find(id)).toBe(slotOf.get(id));
    if (bits === 32) expect(table.bytes / slotOf.size).toBeLessThan(10);
  });
});
