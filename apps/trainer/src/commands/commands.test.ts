import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeRows } from '../gallery/encode.ts';
import { run } from '../main.ts';
import { makeModel, makePictures, temporaryFolder } from '../testing/model.ts';

vi.mock('../gallery/encode.ts', { spy: true });

async function told(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      text[stream] += chunk;
      return true;
    });
  }
  return { code: await run(args), ...text };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(encodeRows).mockClear();
});

const folder = await temporaryFolder();
const [model, pictures] = [join(folder, 'model'), join(folder, 'pictures')];
const gallery = join(model, 'database.gallery');
await makeModel(model);
await makePictures(pictures, 2);

describe('train and export', () => {
  it('say what comes next, to be pasted', async () => {
    const [many, out] = [join(folder, 'many'), join(folder, 'run')];
    await makePictures(many, 12);
    const small = '--epochs 1 --size 32 --bits 8 --codewords 4 --engine onnxruntime --workers 1'.split(' ');
    const learnt = await told(['train', '--data', many, '--out', out, ...small]);
    expect(learnt.stdout).toContain(`\nNext: npx dqn export ${out} --out MODEL\n`);
    const exported = await told(['export', out, '--out', join(folder, 'exported')]);
    expect(exported.stdout).toMatch(/\nNext: npx dqn index .*exported IMAGES --out /);
    expect(exported.stdout).toMatch(/\nTo measure it: npx dqn evaluate .*exported --data IMAGES\n/);
  }, 60_000);

  it('go on from a finished run, and say how both were learnt', async () => {
    const [many, first, second] = ['many', 'run', 'second'].map((name) => join(folder, name));
    const small = '--epochs 1 --bits 8 --codewords 4 --engine onnxruntime --workers 1 --seed 2'.split(' ');
    const from = ['train', '--data', many, '--from', first, ...small];
    expect((await told([...from, '--out', second])).code).toBe(0);
    await told(['export', second, '--out', join(folder, 'further')]);
    const card = await readFile(join(folder, 'further', 'card.md'), 'utf8');
    expect(card).toMatch(
      /npx dqn train .*--size 32 .*--out RUN\nnpx dqn train .*--from RUN --out RUN2\nnpx dqn export RUN2 /,
    );

    const refused = async (...flags: string[]) =>
      (await told([...from, '--out', join(folder, 'third'), ...flags])).stderr;
    expect(await refused('--size', '48')).toContain('leave --size out');
    expect(await refused('--from', folder)).toMatch(/NO_RUN|NOT_A_RUN|no run/);
    const resumed = await told(['train', '--data', many, '--out', second, '--resume']);
    expect(resumed.stderr).toContain('--from is missing');
  }, 60_000);
});

describe('index', () => {
  it('says what comes next, to be pasted', async () => {
    const { code, stdout } = await told(['index', model, pictures, '--out', gallery]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`\nNext: npx dqn serve ${gallery}\n`)]);
  });
});

describe('index --add', () => {
  const out = join(folder, 'added.gallery');
  const more = join(folder, 'more');

  it('says that it made a new gallery, where there was none', async () => {
    const { code, stdout, stderr } = await told(['index', model, pictures, '--add', '--out', out]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Made a new gallery, ${out}, as there was none: `)]);
    expect(stdout).not.toContain('restart');
    expect(stderr).toMatch(/There is no .*added\.gallery to add to.*\n[\s\S]*/);
  });

  it('says when a service shows what was added', async () => {
    await makePictures(more, 3);
    const { code, stdout } = await told(['index', model, more, '--add', '--out', out]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Added 2 pictures[\s\S]*after a restart\.\n$/)]);
    expect((await told(['index', model, more, '--add', '--out', out])).stdout).not.toContain('restart');
  });

  it.each([
    ['a folder that is not there', join(folder, 'none', 'a.gallery'), /^dqn: FILE_NOT_FOUND: The folder of /],
    ['a folder', pictures, /^dqn: WRITE_FAILED: .*EISDIR/],
    ['a file that is no gallery', join(model, 'model.onnx'), /dqn: NOT_A_GALLERY: /],
  ])('refuses %s before it encodes anything', async (_, path, line) => {
    const { code, stderr } = await told(['index', model, pictures, '--add', '--out', path]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect(encodeRows).not.toHaveBeenCalled();
  });
});

describe('the length of a code, where K is not 256', () => {
  const length = '16 bits, stored in 4 bytes';

  it('is the same for index and inspect', async () => {
    const out = join(folder, 'length.gallery');
    expect((await told(['index', model, pictures, '--out', out])).stdout).toContain(`codes of ${length};`);
    for (const path of [out, model, join(model, 'codebook.pb')]) {
      expect((await told(['inspect', path])).stdout).toMatch(new RegExp(`bits +${length}\n`));
    }
  });
});

describe('search', () => {
  it('says that a picture is not there, before it answers for those that are', async () => {
    const there = join(pictures, 'red/000.webp');
    const { code, stdout, stderr } = await told(['search', gallery, there, join(folder, 'gone.jpg')]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^dqn: FILE_NOT_FOUND: .*gone\.jpg/m);
  });
});

describe.each(['serve', 'search'])('%s with a folder for a gallery', (command) => {
  const rest = command === 'search' ? [join(pictures, 'red/000.webp')] : [];

  it('names the gallery in it', async () => {
    const { code, stderr } = await told([command, model, ...rest]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^dqn: WRONG_USAGE: .* is a folder/m)]);
    expect(stderr).toContain(`give ${gallery}`);
  });

  it('says how to make one where none is', async () => {
    const { code, stderr } = await told([command, pictures, ...rest, '--model', model]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('make one by npx dqn index')]);
  });
});
