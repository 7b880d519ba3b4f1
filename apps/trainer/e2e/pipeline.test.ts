import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePictures, noisyPicture, temporaryFolder, writeTree } from '../src/testing/model.ts';
import { dqn, dqnJson, SMALL, start } from './command.ts';

let folder: string;
let pictures: string;
let model: string;
let gallery: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  pictures = at('pictures');
  model = at('model');
  gallery = join(model, 'database.gallery');
  await makePictures(pictures, 25);
});

describe('from pictures to hits', () => {
  it('trains, and prints its last log line', async () => {
    const line = await dqnJson(['train', '--data', pictures, '--out', at('run'), '--epochs', '4', ...SMALL]);
    expect(line).toMatchObject({ kind: 'end', epoch: 4 });
    expect(line.loss).toBeLessThan(1);
    const log = (await readFile(at('run/log.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(log.at(-1) as string)).toEqual(line);
  });

  it('exports a model folder', async () => {
    const { files, M, K } = await dqnJson(['export', at('run'), '--out', model]);
    expect(files.map(({ name }: { name: string }) => name).sort()).toEqual([
      'card.md',
      'codebook.pb',
      'model.onnx',
      'preprocess.onnx',
      'report.html',
    ]);
    expect([M, K]).toEqual([4, 16]);
    expect(await readFile(join(model, 'card.md'), 'utf8')).toContain('# pictures, 16 bits');
  });

  it('indexes the database of the data that it was trained on, and everything of other data', async () => {
    const first = await dqnJson(['index', model, pictures, '--out', gallery]);
    expect(first).toMatchObject({ count: 40, added: 40, skipped: [], written: 'new' });
    expect(first.index).toEqual({ structure: 'flat', tail: 0 });
    const other = at('other');
    await writeTree(other, { 'x.webp': await noisyPicture([200, 40, 40], 77), 'broken.webp': 'no picture' });
    const more = await dqnJson(['index', model, other, '--out', gallery, '--add']);
    expect(more).toMatchObject({ count: 41, added: 1, written: 'appended', index: { tail: 1 } });
    expect(more.skipped).toEqual([{ id: 'broken.webp', message: expect.stringContaining('broken.webp') }]);
    const again = await dqnJson(['index', model, other, '--out', gallery, '--add']);
    expect(again).toMatchObject({ count: 41, added: 0, written: 'unchanged' });
  });

  it('finds red for red, a line for each picture', async () => {
    const queries = [join(pictures, 'red/000.webp'), join(pictures, 'blue/000.webp')];
    const { code, stdout } = await dqn(['search', gallery, ...queries, '-k', '5', '--json']);
    expect(code).toBe(0);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ query }) => query)).toEqual(queries);
    for (const [i, colour] of ['red', 'blue'].entries()) {
      expect(answers[i].hits).toHaveLength(5);
      for (const { id, distance } of answers[i].hits) {
        expect(id === 'x.webp' ? 'red' : id).toContain(colour);
        expect(distance).toBeTypeOf('number');
      }
    }
    const spoken = await dqn(['search', gallery, queries[0], '--model', model]);
    expect(spoken.stdout).toMatch(/red\/\d+\.webp {2}red/);
  });

  it('evaluates in the form that scripts rely on, into card and report, and leaves the codebook as it is', async () => {
    const before = await readFile(join(model, 'codebook.pb'));
    const result = await dqnJson(['evaluate', model, '--data', pictures]);
    expect(result).toMatchObject({ protocol: 'holdout', R: 'all', seed: 1, views: 1, queries: 10, database: 40 });
    expect(result.results).toHaveLength(1);
    const [{ bits, M, K, map }] = result.results;
    expect([bits, M, K]).toEqual([16, 4, 16]);
    expect(Object.keys(map)).toEqual(['aqd', 'ip', 'sqd', 'unquantized']);
    expect(map.unquantized).toBeGreaterThan(0.9);
    const two = await dqnJson(['evaluate', model, '--data', pictures, '--views', '2']);
    expect(two.views).toBe(2);
    const card = await readFile(join(model, 'card.md'), 'utf8');
    expect(card.match(/^\| pictures \| holdout \| 1 \| [12] \|/gm)).toHaveLength(2);
    const report = await readFile(join(model, 'report.html'), 'utf8');
    expect(report.match(/<svg /g)?.length).toBeGreaterThanOrEqual(4);
    expect(await readFile(join(model, 'codebook.pb'))).toEqual(before);
  });

  it('says what everything holds', async () => {
    expect(await dqnJson(['inspect', model])).toMatchObject({ kind: 'model', codebook: { bits: 16, M: 4, K: 16 } });
    expect(await dqnJson(['inspect', join(model, 'model.onnx')])).toMatchObject({
      kind: 'network',
      outputs: [{ name: 'embedding' }],
    });
    expect(await dqnJson(['inspect', join(model, 'codebook.pb')])).toMatchObject({
      kind: 'codebook',
      training: { seed: 1, engine: 'onnxruntime', trainImages: 40 },
    });
    const found = await dqnJson(['inspect', gallery, '--ids']);
    expect(found).toMatchObject({
      kind: 'gallery',
      count: 41,
      thumbnailType: 'image/webp',
      weights: 'f32',
      removed: 0,
    });
    expect([found.tail, found.index]).toMatchObject([1, { kind: 'flat', count: 40 }]);
    expect(found.ids).toContain('x.webp');
    expect(await dqnJson(['inspect', at('run')])).toMatchObject({ kind: 'run', state: 'finished' });
    expect((await dqn(['inspect', model])).stdout).toMatch(/model\.onnx .*codebook\.pb/);
  });

  it('serves, and stops at Ctrl-C with exit code 0', async () => {
    const service = start(['serve', gallery, '--port', '0', '--json']);
    await service.said(/"url"/);
    service.child.kill('SIGINT');
    const { code, stdout } = await service.done;
    expect([code, JSON.parse(stdout).count]).toEqual([0, 41]);
  });

  it('gives the same codebook for the same seed', async () => {
    await dqnJson(['train', '--data', pictures, '--out', at('run2'), '--epochs', '4', ...SMALL]);
    await dqnJson(['export', at('run2'), '--out', at('model2')]);
    expect(await readFile(at('model2/codebook.pb'))).toEqual(await readFile(join(model, 'codebook.pb')));
    await rm(at('model2'), { recursive: true });
  });

  it('stores weights small when asked to', async () => {
    const size = async (name: string) => (await readFile(join(at(name), 'model.onnx'))).length;
    await dqnJson(['export', at('run'), '--out', at('small'), '--weights', 'f16']);
    expect(await size('small')).toBeLessThan(0.6 * (await size('model')));
    expect(await dqnJson(['evaluate', at('small'), '--data', pictures])).toMatchObject({ queries: 10 });
    await dqnJson(['index', at('small'), pictures, '--out', at('small.gallery')]);
    expect((await dqn(['inspect', at('small.gallery')])).stdout).toMatch(/weights +f16\n/);
  });

  it('opens the gallery only with the model that made it', async () => {
    await dqnJson(['train', '--data', pictures, '--out', at('run3'), '--epochs', '1', '--seed', '2', ...SMALL]);
    await dqnJson(['export', at('run3'), '--out', at('model3')]);
    const query = join(pictures, 'red/000.webp');
    const { code, stderr } = await dqn(['search', gallery, query, '--model', at('model3')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^dqn: CODEBOOK_MISMATCH: .*[0-9a-f]{64}.*[0-9a-f]{64}/m);
    const codebook = await readFile(join(model, 'codebook.pb'));
    await writeFile(at('model3/codebook.pb'), codebook);
    const mixed = await dqn(['search', gallery, query, '--model', at('model3')]);
    expect(mixed.stderr).toMatch(/^dqn: MODEL_MISMATCH: /m);
  });
});
