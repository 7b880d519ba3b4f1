import { describe, expect, it } from 'vitest';
import { learnCodebook } from '../learn.ts';
import { createRandom } from '../random.ts';
import { distances } from '../scan.ts';
import { type Asked, everywhere, expectSame, expectScan, Searched, scanned } from '../testing/searches.ts';
import { buildStructure } from './build.ts';
import { FEWEST_FOR_CELLS } from './plan.ts';

const random = createRandom(7);

/** Codes whose subspaces depend on each other, and tables of the same make. */
function sample(M: number, K: number, n: number, clusters: number) {
  const centres = Array.from({ length: clusters }, () => Array.from({ length: M }, () => random.integer(K)));
  const near = (c: number) => Math.min(K - 1, Math.max(0, Math.round(c + random.normal() * 1.5)));
  const codes = new Uint8Array(n * M);
  for (let i = 0; i < n; i++) {
    const centre = centres[random.integer(clusters)];
    for (let m = 0; m < M; m++) codes[i * M + m] = near(centre[m]);
  }
  const table = () => {
    const centre = centres[random.integer(clusters)];
    return Float32Array.from({ length: M * K }, (_, i) => {
      const difference = (i % K) - centre[Math.floor(i / K)];
      return difference * difference * 0.01 + random.next();
    });
  };
  return { codes, tables: [table(), table()] };
}

/** Questions of every kind about n items, some of which are at these distances. */
function questions(n: number, at: Float64Array): Asked[] {
  const sorted = at.slice().sort();
  const ks = [1, 10, 300].filter((k) => k <= n);
  const radii = n > 0 ? [sorted[0], sorted[Math.min(n - 1, 20)], sorted[n >> 3] * (1 - 2 ** -52)] : [0];
  return [
    ...ks.map((k) => ({ k })),
    ...radii.map((radius) => ({ radius })),
    { radius: -Infinity },
    { k: Math.min(n, 5), allowed: (id) => id % 3 === 0, dead: (id) => id % 7 === 0 },
    { k: Math.min(n, 40), allowed: (id) => id % 100 === 1 },
    { radius: radii[1] ?? 0, dead: (id) => id % 2 === 0 },
  ];
}

describe('a structure, by every kind of kernels and memory,', () => {
  for (const [M, K, n] of [
    [1, 256, 5000],
    [2, 256, 9000],
    [3, 256, 9000],
    [4, 256, 20_000],
    [4, 16, 6000],
    [5, 128, 9000],
    [8, 256, 30_000],
    [8, 64, 9000],
    [8, 2, 5000],
    [16, 256, 6000],
    [16, 32, 6000],
    [32, 256, 5000],
    [32, 4, 5000],
    [4, 256, 100],
    [8, 256, 17],
    [4, 256, 1],
    [3, 2, 0],
  ]) {
    it(`of ${n} codes of M = ${M}, K = ${K} answers as the scan does`, () => {
      const { codes, tables } = sample(M, K, n, 20);
      const codebook = { M, K };
      const all = questions(n, distances(codes, tables[0], codebook));
      const few = all.slice(1, 4);
      const [table, other] = tables;
      // Few are flat unless told.
      expectScan({ codebook, codes }, [table], few);
      if (n === 0) return;
      expectScan({ codebook, codes, structure: 'coarse cells' }, [table], all);
      expectScan({ codebook, codes, structure: 'coarse cells', distinct: true }, [other], few);
      if (n >= FEWEST_FOR_CELLS) expectScan({ codebook, codes, structure: 'flat' }, [other], all);
    });
  }

  // How many low bits of axis 1 are a plane follows from n and K.
  for (const [K, many, lowBits1] of [
    [16, 16_400, 0],
    [16, 9000, 1],
    [16, 5000, 2],
    [16, 3000, 3],
    [32, 3000, 4],
    [256, 3000, 4],
    [2, 3000, 0],
  ]) {
    for (const M of [2, 3, 5, 12]) {
      // Of few subspaces cells are finer.
      const n = M <= 4 ? Math.ceil((many * 12) / 64) : many;
      it(`of ${n} codes of M = ${M}, K = ${K} has ${lowBits1} low bits in a plane, and answers as the scan does`, () => {
        const { codes, tables } = sample(M, K, n, 10);
        const options = { codebook: { M, K }, codes, structure: 'coarse cells', distinct: false } as const;
        const all = questions(n, distances(codes, tables[0], { M, K }));
        const built = expectScan(options, tables.slice(0, 1), all);
        expect(built.image().facts.lowBits1).toBe(lowBits1);
        expectScan({ ...options, distinct: true }, tables.slice(1), all.slice(1, 4));
      });
    }
  }

  it('finds all items where k is their number, whatever number that is', () => {
    for (const M of [2, 5]) {
      for (const n of [1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64]) {
        const { codes, tables } = sample(M, 16, n, 3);
        for (const structure of ['flat', 'coarse cells'] as const) {
          const options = { codebook: { M, K: 16 }, codes, structure };
          expectScan(options, tables, [n, Math.ceil(n / 2), { radius: Infinity }]);
        }
      }
    }
  });

  it('finds nothing where nothing is allowed or all are dead', () => {
    const { codes, tables } = sample(5, 16, 500, 3);
    const options = { codebook: { M: 5, K: 16 }, codes, structure: 'coarse cells' } as const;
    const none: Asked[] = [
      { k: 3, allowed: () => false },
      { k: 3, dead: () => true },
      { radius: Infinity, allowed: (id) => id > 400, dead: (id) => id > 300 },
    ];
    expectScan(options, tables, none);
  });

  it('with codewords groups near ones, and visits little', () => {
    const x = Float32Array.from({ length: 3000 * 16 }, () => random.normal());
    const { codebook } = learnCodebook(x, { M: 4, K: 64, D: 16, seed: 1, iterations: 3 });
    const { codes, tables } = sample(4, 64, 20_000, 10);
    expectScan({ codebook, codes }, tables, [10]);
  });

  it('keeps equal codes once where that is worth it', () => {
    const { codes: few } = sample(8, 256, 50, 50);
    const codes = new Uint8Array(20_000 * 8);
    for (let i = 0; i < 20_000; i++) codes.set(few.subarray(8 * (i % 50), 8 * (i % 50) + 8), 8 * i);
    const { tables } = sample(8, 256, 10, 50);
    const asked = [1, 10, 1000, 20_000, { k: 500, dead: (id: number) => id % 50 < 25 }];
    const built = expectScan({ codebook: { M: 8, K: 256 }, codes }, tables, asked);
    expect(built.distinct).toBe(true);
    expect(built.bytes / 20_000).toBeLessThan(18);
  });

  it('takes ids in any order, ties by id', () => {
    const n = 6000;
    const { codes, tables } = sample(4, 16, n, 3);
    const ids = random.shuffle(Uint32Array.from({ length: n }, (_, i) => i * 3));
    const codebook = { M: 4, K: 16 };
    for (const distinct of [false, true]) {
      const asked = [500, { radius: scanned({ codebook, codes, ids }, tables[0], { k: 700 }).distances[699] }];
      const structure = expectScan({ codebook, codes, ids, distinct }, tables, asked);
      const items = structure.items();
      const code = new Uint8Array(4);
      for (const place of [0, 1, 17, n - 1]) {
        structure.codesAt(Uint32Array.of(place), code);
        expect(code).toEqual(items.codes.slice(4 * place, 4 * place + 4));
        expect(code).toEqual(codes.slice(4 * ids.indexOf(items.ids[place]), 4 * ids.indexOf(items.ids[place]) + 4));
      }
    }
  });

  it('takes the largest ids', () => {
    const { codes, tables } = sample(2, 4, 50, 3);
    const ids = Uint32Array.from({ length: 50 }, (_, i) => 0xffff_fffe - ((i * 7) % 50));
    for (const structure of ['flat', 'coarse cells'] as const) {
      expectScan({ codebook: { M: 2, K: 4 }, codes, ids, structure }, tables, [1, 20, 50, { radius: Infinity }]);
    }
  });

  it('says how many are within a radius where there is no room for them', () => {
    const { codes, tables } = sample(3, 16, 400, 3);
    const [table] = tables;
    const codebook = { M: 3, K: 16 };
    const radius = scanned({ codebook, codes }, table, { k: 100 }).distances[99];
    const all = scanned({ codebook, codes }, table, { radius }).ids.length;
    for (const place of everywhere({ codebook, codes })) {
      for (const kind of Object.keys(place.kernels)) {
        const got = place.ask(kind, table, { radius, room: 7 });
        expect(got.found, kind).toBe(all);
        expect(got.ids.length).toBe(7);
        expect(got.distances.every((distance) => distance <= radius)).toBe(true);
      }
    }
  });

  it('shares its heap with another whose dead are others', () => {
    const codebook = { M: 5, K: 16 };
    const base = sample(5, 16, 700, 3);
    const tail = sample(5, 16, 60, 3);
    // The tail has new codes of ids that are dead in the base.
    const tailIds = Uint32Array.from({ length: 60 }, (_, i) => 11 * i);
    const dead = (id: number) => tailIds.includes(id);
    const expected = scanned(
      {
        codebook,
        codes: Uint8Array.of(
          ...Array.from({ length: 700 }, (_, id) => [...base.codes.subarray(5 * id, 5 * id + 5)])
            .filter((_, id) => !dead(id))
            .flat(),
          ...tail.codes,
        ),
        ids: Uint32Array.of(...Array.from({ length: 700 }, (_, id) => id).filter((id) => !dead(id)), ...tailIds),
      },
      base.tables[0],
      { k: 30 },
    );
    for (const { arena, structure } of everywhere({ codebook, codes: base.codes, structure: 'coarse cells' })) {
      const other = buildStructure(arena, { codebook, codes: tail.codes, ids: tailIds });
      const place = new Searched(arena, structure);
      const scratch = arena.allocate(other.scratchBytes);
      for (const kind of Object.keys(place.kernels)) {
        const got = place.ask(kind, base.tables[0], { k: 30, dead }, (kernels, table) => {
          kernels.exclude(0);
          other.search({ arena, kernels, table, scratch });
        });
        expectSame(got.ids, expected.ids, kind);
        expectSame(got.distances, expected.distances, kind);
      }
    }
  });

  it('visits a small part of what is far from all alike', () => {
    const { codes, tables } = sample(4, 256, 20_000, 20);
    for (const place of everywhere({ codebook: { M: 4, K: 256 }, codes, structure: 'coarse cells' })) {
      for (const kind of Object.keys(place.kernels)) {
        const { visited } = place.ask(kind, tables[0], { k: 10 });
        expect(visited.of).toBe(4096);
        expect(visited.cells).toBeGreaterThan(0);
        expect(visited.items).toBeLessThan(6000);
        expect(visited.exact).toBeLessThanOrEqual(visited.items);
        expect(visited.exact).toBeGreaterThanOrEqual(10);
      }
    }
  });
});
