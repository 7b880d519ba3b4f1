import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRetriever } from '@dqn/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../main.ts';
import { makeModel, makePictures, temporaryFolder } from '../testing/model.ts';

const folder = await temporaryFolder();
const at = (name: string): string => join(folder, name);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function told(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      text[stream] += chunk;
      return true;
    });
  }
  const code = await run(args);
  vi.restoreAllMocks();
  return { code, ...text };
}

describe('dqn key', () => {
  it('prints a key once, and keeps what only its owner can be known by', async () => {
    const keys = at('keys.json');
    const { code, stdout } = await told('key', 'loader', '--role', 'write', '--keys', keys);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^dqn_[\w-]{43}\n$/)]);
    expect((await told('key', 'page', '--keys', keys)).code).toBe(0);
    const text = await readFile(keys, 'utf8');
    expect(text).not.toContain('dqn_');
    expect(JSON.parse(text).keys).toMatchObject([
      { name: 'loader', role: 'write' },
      { name: 'page', role: 'read' },
    ]);
    expect((await stat(keys)).mode & 0o777).toBe(0o600);
    const again = await told('key', 'page', '--keys', keys);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('holds a key of page')]);
    expect((await told('key', 'page', '--keys', keys, '--remove')).code).toBe(0);
    expect((await told('key', 'page', '--keys', keys, '--remove')).code).toBe(2);
    expect(JSON.parse(await readFile(keys, 'utf8')).keys).toHaveLength(1);
  });

  it('leaves a file alone that is none of keys', async () => {
    await writeFile(at('other.json'), '{"port": 1}');
    const { code, stderr } = await told('key', 'a', '--keys', at('other.json'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^dqn: BAD_KEYS: .*other\.json/)]);
    expect(await readFile(at('other.json'), 'utf8')).toBe('{"port": 1}');
  });
});

describe('dqn serve --check', () => {
  it('says what would be served, and from where each setting comes', async () => {
    await makeModel(at('model'));
    await makePictures(at('pictures'), 1);
    expect((await told('index', at('model'), at('pictures'), '--out', at('a.gallery'))).code).toBe(0);
    await writeFile(at('dqn.json'), JSON.stringify({ gallery: at('a.gallery'), maxK: 50, port: 1 }));
    vi.stubEnv('DQN_SERVE_PORT', '2');
    const { code, stdout } = await told('serve', '--config', at('dqn.json'), '--timeout', '3', '--check', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      settings: { gallery: at('a.gallery'), model: at('model'), maxK: 50, port: 2, timeout: 3, host: '127.0.0.1' },
      sources: { maxK: 'file', port: 'environment', timeout: 'flag', host: 'default' },
      keys: [],
    });
  });

  it('says what is wrong', async () => {
    vi.stubEnv('DQN_SERVE_MAX_K', 'many');
    const wrong = await told('serve', at('a.gallery'), '--check');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/WRONG_USAGE: DQN_SERVE_MAX_K is "many"/)]);
    vi.unstubAllEnvs();
    expect((await told('serve', '--check')).stderr).toMatch(/missing the gallery/);
    const none = await told('serve', at('none.gallery'), '--model', at('model'), '--check');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--create')]);
    expect(
      (await told('serve', at('none.gallery'), '--model', at('model'), '--create', 'string', '--check')).code,
    ).toBe(0);
    expect((await told('serve', at('a.gallery'), '--keys', at('no.json'), '--check')).stderr).toMatch(/BAD_KEYS/);
    const open = await told('serve', at('a.gallery'), '--host', '0.0.0.0', '--check');
    expect([open.code, open.stderr]).toEqual([2, expect.stringMatching(/WRONG_USAGE: At 0\.0\.0\.0 every machine/)]);
    expect((await told('serve', at('a.gallery'), '--host', '0.0.0.0', '--read-only', '--check')).code).toBe(0);
  });

  it('finds files that a start would refuse, while a service has them, too', async () => {
    const [model, gallery] = [at('model'), at('live.gallery')];
    const check = () => told('serve', gallery, '--model', model, '--check');
    const bytes = await readFile(at('a.gallery'));
    await writeFile(gallery, bytes.subarray(0, bytes.length / 2));
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('TRUNCATED') });
    await writeFile(gallery, bytes);
    const retriever = await createRetriever({ model, gallery, provider: 'cpu' });
    const item = { id: 'new', code: new Uint8Array(retriever.model.codebook.M) };
    await retriever.store.put([item]);
    expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining('everything is right') });
    await retriever.store.put([{ ...item, id: 'newer' }]);
    await retriever.close();
    const journal = at((await readdir(folder)).find((name) => name.startsWith('live.gallery.journal.'))!);
    const damaged = await readFile(journal);
    damaged[damaged.indexOf('newer') - 40] ^= 1;
    damaged[damaged.indexOf('new')] ^= 1;
    await writeFile(journal, damaged);
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('JOURNAL_DAMAGED') });
  });

  it('finds that nothing can be written to', async () => {
    const nowhere = await told('serve', at('none/a.gallery'), '--model', at('model'), '--create', 'string', '--check');
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('FILE_NOT_FOUND')]);
  });
});
