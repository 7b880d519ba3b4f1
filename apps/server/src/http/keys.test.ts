import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, keyFinder, readKeys } from './keys.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a key', () => {
  it('is found by itself alone, and never kept', () => {
    const [reader, writer] = [createKey('page', 'read'), createKey('loader', 'write')];
    const find = keyFinder([reader.entry, writer.entry]);
    expect(find(reader.key)).toEqual({ name: 'page', role: 'read', sha256: reader.entry.sha256 });
    expect(find(writer.key)?.name).toBe('loader');
    expect(JSON.stringify(reader.entry)).not.toContain(reader.key);
    for (const other of [
      createKey('page', 'read').key,
      reader.key.slice(1),
      `${reader.key}a`,
      '',
      reader.entry.sha256,
    ]) {
      expect(find(other)).toBeUndefined();
    }
  });

  it('is never what somebody thought up, even if the file holds its hash', () => {
    const sha256 = '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8';
    expect(keyFinder([{ name: 'me', role: 'write', sha256 }])('password')).toBeUndefined();
  });
});

describe('a key file', () => {
  it('is read, and refused where anything is wrong with it', async () => {
    const path = join(folder, 'keys.json');
    const { entry } = createKey('a', 'read');
    const read = async (content: unknown): Promise<unknown> => {
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return readKeys(path);
    };
    expect(await read({ keys: [entry] })).toEqual([entry]);
    expect(await read({ keys: [] })).toEqual([]);
    for (const wrong of [
      'no json',
      [],
      null,
      { keys: [null] },
      { keys: [entry, entry] },
      { keys: [{ ...entry, role: 'admin' }] },
      { keys: [{ ...entry, name: 'a b' }] },
      { keys: [{ ...entry, sha256: 'dqn_secret' }] },
    ]) {
      await expect(read(wrong)).rejects.toMatchObject({ code: 'BAD_KEYS', message: expect.stringContaining(path) });
    }
    await expect(readKeys(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'BAD_KEYS' });
    const isFolder = { code: 'BAD_KEYS', message: expect.stringContaining("can't be read: EISDIR") };
    await expect(readKeys(folder)).rejects.toMatchObject(isFolder);
  });
});
