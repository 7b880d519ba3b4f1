import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeModel, makePictures, temporaryFolder, writeTree } from '../src/testing/model.ts';
import { dqn, dqnJson, SMALL } from './command.ts';

let folder: string;
let pictures: string;
let model: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  pictures = at('pictures');
  model = at('model');
  await makePictures(pictures, 6);
  await makeModel(model);
});

/** The command fails with one line that begins with the code, without a stack. */
async function refused(args: string[], code: 1 | 2, line: RegExp, env?: Record<string, string>): Promise<void> {
  const finished = await dqn(args, env);
  expect(finished.stderr).toMatch(line);
  expect(finished.stderr).not.toMatch(/^\s+at /m);
  expect(finished.stdout).toBe('');
  expect(finished.code).toBe(code);
}

describe('a reader who has enough', () => {
  it('ends the command without a trace, and a full disk behind it is told', () => {
    const run = (rest: string) => {
      const bin = join(import.meta.dirname, '../bin/dqn.js');
      const command = `"${process.execPath}" "${bin}" inspect "${model}" ${rest}`;
      return execFileSync('bash', ['-c', `(${command}) 2>&1 || true`], { encoding: 'utf8' });
    };
    expect(run('| true')).toBe('');
    if (existsSync('/dev/full')) expect(run('> /dev/full')).toMatch(/^dqn: WRITE_FAILED: .*ENOSPC.*\n$/);
  });
});

describe('wrong usage', () => {
  it('is exit code 2', async () => {
    await refused(['train', '--data', pictures], 2, /^dqn: WRONG_USAGE: .*--out/);
    await refused(
      ['train', '--out', at('r'), '--data', pictures, '--bits', '12'],
      2,
      /^dqn: BITS_NOT_POSSIBLE: 12 bits.*64/,
    );
  });
});

describe('data that is missing or damaged', () => {
  it('a data set that is not there', async () => {
    await refused(['train', '--data', at('nowhere'), '--out', at('r')], 1, /^dqn: DATASET_NOT_FOUND: .*nowhere/m);
  });

  it('a truncated CIFAR-10', async () => {
    const batches = at('cifar/cifar-10-batches-bin');
    await mkdir(batches, { recursive: true });
    await writeFile(join(batches, 'data_batch_1.bin'), new Uint8Array(3073 * 7 + 5));
    await refused(
      ['train', '--data', 'cifar10', '--out', at('r')],
      1,
      /^dqn: DATASET_TRUNCATED: .*data_batch_1\.bin: expected 30730000 bytes .* found 21516/m,
      { DQN_DATA: at('cifar') },
    );
  });

  it('pictures without classes, without labels, and classes with one picture each', async () => {
    const [one] = await readdir(join(pictures, 'red'));
    const picture = await readFile(join(pictures, 'red', one));
    await writeTree(at('bare'), { '1.webp': picture });
    await refused(['train', '--data', at('bare'), '--out', at('r')], 1, /^dqn: NO_CLASSES: /m);
    await writeTree(at('list'), { 'labels.csv': '1.webp,\n', '1.webp': picture });
    await refused(
      ['train', '--data', at('list'), '--out', at('r')],
      1,
      /^dqn: NO_CLASSES: |^dqn: IMAGE_WITHOUT_LABEL: /m,
    );
    await writeTree(at('stray'), { 'red/1.webp': picture, '2.webp': picture });
    await refused(['train', '--data', at('stray'), '--out', at('r')], 1, /^dqn: IMAGE_WITHOUT_LABEL: .*2\.webp/m);
    await writeTree(at('single'), { 'red/1.webp': picture, 'blue/1.webp': picture });
    await refused(
      ['train', '--data', at('single'), '--out', at('r')],
      1,
      /one picture[\s\S]*^dqn: SPLIT_IMPOSSIBLE: /m,
    );
  });

  it('fewer training pictures than codewords', async () => {
    const args = ['train', '--data', pictures, '--out', at('r'), '--size', '32'];
    await refused(args, 1, /^dqn: TOO_FEW_IMAGES: .*10 training images.*256/m);
  });

  it('an unreadable picture: skipped and named, or the end with --strict', async () => {
    const mixed = at('mixed');
    await makePictures(mixed, 3);
    await writeTree(mixed, { 'red/broken.webp': 'no picture' });
    const out = at('mixed.gallery');
    const { code, stderr } = await dqn(['index', model, mixed, '--out', out]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Skipped 1 unreadable picture:\n {2}red\/broken\.webp: /);
    await refused(['index', model, mixed, '--out', out, '--strict'], 1, /^dqn: UNREADABLE_PICTURE: .*broken\.webp/m);
    expect((await dqnJson(['inspect', out])).count).toBe(6);
  });
});

describe('files that are missing or damaged', () => {
  it('a model, a gallery, a run', async () => {
    await refused(['index', at('no-model'), pictures, '--out', at('g')], 1, /^dqn: MODEL_NOT_FOUND: .*no-model/m);
    await refused(['search', at('no.gallery'), 'x.jpg'], 1, /^dqn: FILE_NOT_FOUND: .*no\.gallery/m);
    await refused(['export', at('no-run'), '--out', at('m')], 1, /^dqn: NOT_A_RUN: .*no-run/m);
    await refused(['train', '--resume', '--data', pictures, '--out', at('no-run')], 1, /^dqn: NOT_A_RUN: /m);
    await refused(['inspect', at('nothing')], 1, /^dqn: UNKNOWN_FILE: .*nothing/m);
    await refused(['inspect', pictures], 1, /^dqn: UNKNOWN_FILE: .*neither a model/m);
  });

  it('a gallery with one bit changed, and half a gallery', async () => {
    const gallery = at('whole.gallery');
    await dqnJson(['index', model, pictures, '--out', gallery]);
    const bytes = await readFile(gallery);
    await writeFile(at('half.gallery'), bytes.subarray(0, bytes.length >> 1));
    await refused(['inspect', at('half.gallery')], 1, /^dqn: (TRUNCATED|DAMAGED): /m);
    bytes[bytes.length - 100] ^= 4;
    await writeFile(at('flipped.gallery'), bytes);
    await refused(['inspect', at('flipped.gallery')], 1, /^dqn: DAMAGED: /m);
  });

  it('half a codebook, and one with one bit changed', async () => {
    const broken = at('broken-model');
    await makeModel(broken);
    const bytes = await readFile(join(broken, 'codebook.pb'));
    await writeFile(join(broken, 'codebook.pb'), bytes.subarray(0, bytes.length >> 1));
    await refused(['index', broken, pictures, '--out', at('g')], 1, /^dqn: (TRUNCATED|DAMAGED): /m);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(join(broken, 'codebook.pb'), bytes);
    await refused(['index', broken, pictures, '--out', at('g')], 1, /^dqn: DAMAGED: /m);
  });

  it('a query that is no picture', async () => {
    const gallery = at('query.gallery');
    await dqnJson(['index', model, pictures, '--out', gallery]);
    await writeFile(at('text.jpg'), 'no picture');
    await refused(['search', gallery, at('text.jpg'), '--model', model], 1, /^dqn: UNREADABLE_PICTURE: .*text\.jpg/m);
  });

  it('a backbone that is no network', async () => {
    await writeFile(at('not.onnx'), 'no network');
    const args = ['train', '--data', pictures, '--out', at('r'), '--backbone', at('not.onnx'), ...SMALL];
    await refused(args, 1, /^dqn: [A-Z_]+: /m);
  });
});

describe('the machine', () => {
  it('a port in use', async () => {
    const gallery = at('port.gallery');
    await dqnJson(['index', model, pictures, '--out', gallery]);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await refused(
      ['serve', gallery, '--model', model, '--port', String(port)],
      1,
      new RegExp(`^dqn: PORT_IN_USE: .*${port}`, 'm'),
    );
    other.close();
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.skipIf(!canMount)('a full disk: what was there stays as it was', async (context) => {
    const disk = at('disk');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      return context.skip('mount is not allowed here');
    }
    try {
      const many = at('many');
      await makePictures(many, 20);
      const gallery = join(disk, 'a.gallery');
      await dqnJson(['index', model, pictures, '--out', gallery]);
      const before = await readFile(gallery);
      await writeFile(join(disk, 'filler'), new Uint8Array(65_536 - 4096 * (2 + Math.ceil(before.length / 4096))));
      await refused(['index', model, many, '--out', gallery], 1, /^dqn: DISK_FULL: .*a\.gallery/m);
      expect(await readFile(gallery)).toEqual(before);
      expect((await readdir(disk)).sort()).toEqual(['a.gallery', 'filler']);
      const args = ['train', '--data', many, '--out', join(disk, 'run'), '--epochs', '1', ...SMALL];
      await refused(args, 1, /^dqn: (DISK_FULL|ENOSPC): /m);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('a folder that is a link to pictures elsewhere is no obstacle', async () => {
    await mkdir(at('linked'));
    await symlink(join(pictures, 'red'), at('linked/red'));
    expect((await dqnJson(['index', model, at('linked'), '--out', at('linked.gallery')])).count).toBe(6);
  });
});
