import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdMap } from './id-map.ts';
import { IdSet, membersOf, wordsFor } from './id-set.ts';

const id = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  fc.integer({ min: 0, max: 4095 }).map((high) => high * 2 ** 20),
);

it('a map of ids is a map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'get'), id), { maxLength: 400 }), (steps) => {
      const map = new IdMap();
      const expected = new Map<number, number>();
      steps.forEach(([step, key], value) => {
        if (step === 'set') {
          expect(map.set(key, value)).toBe(!expected.has(key));
          expected.set(key, value);
        } else if (step === 'delete') {
          expect(map.delete(key)).toBe(expected.delete(key));
        } else {
          expect(map.get(key)).toBe(expected.get(key));
        }
      });
      expect(map.size).toBe(expected.size);
      expect(new Set(map.keys())).toEqual(new Set(expected.keys()));
      expect([...expected.keys()].map((key) => map.get(key))).toEqual([...expected.values()]);
    }),
  );
});

it('a set of ids knows its members and their ranks', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 300 }), (ids) => {
      const ascending = [...ids].sort((a, b) => a - b);
      const bits = new Uint32Array(wordsFor(ascending.at(-1) ?? -1));
      for (const member of ids) bits[member >>> 5] |= 1 << (member & 31);
      const set = new IdSet(bits);
      expect(set.size).toBe(ids.length);
      expect(ascending.map((member) => set.rank(member))).toEqual([...ascending.keys()]);
      const some = [...Array(200).keys()];
      expect(some.filter((other) => set.has(other))).toEqual(some.filter((other) => ids.includes(other)));
      expect(set.has(1e6)).toBe(false);
      expect([...membersOf(bits, set.size)]).toEqual(ascending);
    }),
  );
});
