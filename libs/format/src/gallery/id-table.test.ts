/** @file Ids as they stand in the file: those of rows, and the rows of those. */
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../source.ts';
import { MemoryFile } from '../testing/memory-file.ts';
import { Appender } from './append.ts';
import type { Ids } from './columns.ts';
import { hashId } from './id-table.ts';
import type { ItemId } from './meta.ts';
import { readState } from './open.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

const frame = { codebookSha256: 'ab'.repeat(32), M: 1, K: 4, classes: [] };
const codes = (count: number) => new Uint8Array(count);

const kinds: [name: string, first: Ids | undefined, second: Ids | undefined, unknown: ItemId[]][] = [
  ['strings', ['a', 'Vögel/☕.png', '1'], ['b', 'Vögel/☕'], ['', 'nobody', 'Vögel', 1]],
  ['u32', Uint32Array.of(7, 0, 2 ** 32 - 1), Uint32Array.of(8, 1), [2, -1, 2 ** 32]],
  ['u64', BigUint64Array.of(7n, 0n, 2n ** 64n - 1n), BigUint64Array.of(2n ** 32n, 8n), [1n, 2n ** 63n]],
  ['rows', undefined, undefined, [5, 0.5, -1, Number.NaN]],
];

describe.each(kinds)('ids that are %s', (_, first, second, unknown) => {
  it('are found by row, and rows by id, but for removed ones', async () => {
    const items = (ids: Ids | undefined, count: number) => ({ count, ...(ids && { ids }) });
    const file = new MemoryFile(writeGallery({ ...frame, codes: codes(3), items: items(first, 3) }));
    const appender = new Appender(file, await readState(file));
    await appender.append({ items: items(second, 2), codes: codes(2) }, { upsert: false });
    await appender.remove({ rows: [1, 4] });
    await appender.commit();
    await using gallery = await openGallery(bytesSource(file.bytes));
    const all = [...(await gallery.ids())];
    const ids = await gallery.openIds();
    expect(all.map((_, row) => ids.at(row))).toEqual(all);
    expect(all.map((id) => ids.find(id))).toEqual([0, undefined, 2, 3, undefined]);
    expect(all.map((_, row) => ids.hash(row))).toEqual(all.map(hashId));
    expect(all.map((id, row) => [ids.matches(row, id), ids.matches(row, unknown[0])])).toEqual(
      all.map(() => [true, false]),
    );
    expect(ids.areRows).toBe(first === undefined);
    expect(unknown.map((id) => ids.find(id))).toEqual(unknown.map(() => undefined));
    for (const row of [-1, 5, 0.5]) {
      expect(() => ids.at(row)).toThrow(expect.objectContaining({ name: 'FormatError', code: 'NO_SUCH_ROW' }));
    }
  });
});
