/** @file Journals that were damaged: what was acknowledged is read, or it is said that it can't be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@dqn/pq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoreWith } from './local.ts';
import { itemOf, madeUpBook } from './testing/books.ts';
import { CrashFiles } from './testing/crash-files.ts';

const book = madeUpBook();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-journal-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WRITES = 8;

/** A gallery with a journal of some writes, each of one item; and, unless told, a later journal. */
async function written(sealed: boolean, seals = [4]): Promise<{ files: CrashFiles; path: string }> {
  const files = new CrashFiles();
  const path = join(folder, 'a.gallery');
  const store = await openStoreWith(path, { ...book, create: { idKind: 'string' } }, { files, inThread: false });
  for (let n = 0; n < WRITES; n++) {
    await store.put([itemOf(book, n)]);
    if (sealed && seals.includes(n)) await store.snapshot(join(folder, 'snapshot.gallery'));
  }
  await store.close();
  return { files, path };
}

/** How many of the writes are there, which have to be the first ones; or why it doesn't open. */
async function outcome(files: CrashFiles, path: string): Promise<number | string> {
  try {
    const store = await openStoreWith(path, book, { files, inThread: false });
    try {
      const there: boolean[] = [];
      for (let n = 0; n < WRITES; n++) {
        const found = await store.get(`item ${n}`);
        there.push(found !== undefined);
        if (found !== undefined) expect(found.code).toEqual(itemOf(book, n).code);
      }
      const count = there.lastIndexOf(true) + 1;
      expect(there.slice(0, count)).not.toContain(false);
      expect(store.count).toBe(count);
      // And it can be written again.
      await store.put([itemOf(book, 99)]);
      return count;
    } finally {
      await store.close();
    }
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe.each([false, true])('a journal (continued by another: %s)', (sealed) => {
  it('that was cut anywhere opens with what is whole, or says that later writes are there', async () => {
    const { files, path } = await written(sealed);
    const journals = files.paths.filter((one) => one.includes('.journal.')).sort();
    expect(journals).toHaveLength(sealed ? 2 : 1);
    const original = new Map(files.paths.map((one) => [one, files.content(one).slice()]));
    const { length } = original.get(journals[0])!;
    for (let at = 0; at < length; at += 7) {
      const mutated = CrashFiles.of(original);
      mutated.set(journals[0], original.get(journals[0])!.subarray(0, at));
      const result = await outcome(mutated, path);
      if (sealed) expect(['JOURNAL_DAMAGED', 'JOURNAL_MISMATCH'], `cut at ${at}`).toContain(result);
      else expect(typeof result, `cut at ${at}: ${result}`).toBe('number');
    }
  }, 30_000);

  it('with a flipped bit loses nothing but the last write, or says that it is damaged', async () => {
    const { files, path } = await written(sealed);
    const random = createRandom(7);
    const journals = files.paths.filter((one) => one.includes('.journal.')).sort();
    const original = new Map(files.paths.map((one) => [one, files.content(one).slice()]));
    for (let i = 0; i < 150; i++) {
      const journal = journals[random.integer(journals.length)];
      const bytes = original.get(journal)!.slice();
      const bit = random.integer(8 * bytes.length);
      bytes[bit >>> 3] ^= 1 << (bit & 7);
      const mutated = CrashFiles.of(original);
      mutated.set(journal, bytes);
      const result = await outcome(mutated, path);
      const isRight = result === WRITES - 1 || result === 'JOURNAL_DAMAGED' || result === 'JOURNAL_MISMATCH';
      expect(isRight, `bit ${bit} of ${journal}: ${result}`).toBe(true);
    }
  }, 30_000);
});

describe('journals that continue each other', () => {
  it('are refused where one is missing or was cut, wherever that was', async () => {
    const { files, path } = await written(true, [1, 4]);
    const journals = files.paths.filter((one) => one.includes('.journal.')).sort();
    expect(journals).toHaveLength(3);
    const original = new Map(files.paths.map((one) => [one, files.content(one).slice()]));
    for (const journal of journals.slice(0, 2)) {
      const { length } = original.get(journal)!;
      const without = CrashFiles.of(new Map([...original].filter(([one]) => one !== journal)));
      expect(['JOURNAL_DAMAGED', 'JOURNAL_MISMATCH'], journal).toContain(await outcome(without, path));
      // At the ends of records, too.
      for (const at of [0, 100, 128, ...Array.from({ length: 160 }, (_, i) => length - 160 + i)]) {
        const mutated = CrashFiles.of(original);
        mutated.set(journal, original.get(journal)!.subarray(0, at));
        const result = await outcome(mutated, path);
        expect(['JOURNAL_DAMAGED', 'JOURNAL_MISMATCH'], `${journal} cut at ${at}`).toContain(result);
      }
    }
    expect(await outcome(CrashFiles.of(original), path)).toBe(WRITES);
  });

  it('are opened by one who clears away what a killed one was writing', async () => {
    const { files, path } = await written(false);
    files.set(`${path}.snapshot-0123456789ab`, new Uint8Array(9));
    files.set(`${path}.snapshot-mine`, new Uint8Array(9));
    expect(await outcome(files, path)).toBe(WRITES);
    expect(files.paths.filter((one) => one.includes('snapshot-'))).toEqual([`${path}.snapshot-mine`]);
  });

  it('are not taken over by a gallery that is begun where theirs is gone', async () => {
    const { files, path } = await written(false);
    await files.remove(path);
    const create = { idKind: 'string' } as const;
    await expect(openStoreWith(path, { ...book, create }, { files, inThread: false })).rejects.toMatchObject({
      code: 'JOURNAL_MISMATCH',
      message: expect.stringContaining('journal.*'),
    });
  });
});

describe('a journal', () => {
  it("isn't taken for another gallery's, nor for that of a file that was written since", async () => {
    const { files, path } = await written(false);
    const other = await written(false);
    files.set(path, other.files.content(other.path).slice());
    // The same empty gallery is the same file.
    expect(await outcome(files, path)).toBe(WRITES);
    const changed = await written(false);
    const store = await openStoreWith(
      join(folder, 'b.gallery'),
      { ...book, create: { idKind: 'string' } },
      { files: changed.files, inThread: false },
    );
    await store.put([itemOf(book, 50)]);
    await store.compact();
    await store.close();
    changed.files.set(path, changed.files.content(join(folder, 'b.gallery')).slice());
    expect(await outcome(changed.files, path)).toBe('JOURNAL_MISMATCH');
  });

  it('is said to be cut, and by readers left alone', async () => {
    const { files, path } = await written(false);
    const [journal] = files.paths.filter((one) => one.includes('.journal.'));
    const bytes = files.content(journal).slice(0, -3);
    files.set(journal, bytes);
    const events: string[] = [];
    const o = {
      ...book,
      onEvent: ({ kind, message }: { kind: string; message: string }) => events.push(`${kind}: ${message}`),
    };
    const reader = await openStoreWith(path, { ...o, readOnly: true }, { files, inThread: false });
    expect(reader.count).toBe(WRITES - 1);
    await expect(reader.put([itemOf(book, 1)])).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(reader.stats().trouble?.code).toBe('READ_ONLY');
    await reader.close();
    expect(files.content(journal)).toEqual(bytes);
    const store = await openStoreWith(path, o, { files, inThread: false });
    expect(store.stats().journal.cut).toBeGreaterThan(0);
    await store.close();
    expect(events).toHaveLength(2);
    for (const event of events)
      expect(event).toMatch(/^cut: \d+ bytes at the end of .*journal\.1 weren't a whole record/);
  });
});
