/** @file The order of writes: one batch at a time. */
import { expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import { localTables } from './schema.ts';
import { Writes } from './writes.ts';

it('writes nothing while something runs alone, however near the two begin', async () => {
  const under: string[] = [];
  const most: string[][] = [];
  const busy = async (what: string): Promise<void> => {
    under.push(what);
    most.push([...under]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    under.splice(under.indexOf(what), 1);
  };
  const engine = {
    query: async () => {
      await busy('write');
      return [];
    },
  } as unknown as Engine;
  const tables = localTables({ database: 'db', cluster: undefined });
  const writes = new Writes({
    ...{ engine, M: 2, all: tables, local: tables, cell: [0, 1], classes: new Set(), onMoved: () => undefined },
    dialect: { texts: () => "('a')" } as never,
  });
  const remove = () => writes.write([{ id: 'a' }]);
  const alone = () => writes.alone(() => busy('alone'));
  await Promise.all([alone(), remove(), alone(), alone(), remove(), remove()]);
  expect(most.length).toBeGreaterThanOrEqual(4);
  for (const at of most) expect(at).toHaveLength(1);
});
