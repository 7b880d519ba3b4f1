import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCodebook, verifyTogether } from '@dqn/format';
import { preprocessModel, readModel, writeModel } from '@dqn/onnx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import { exportModel } from './export.ts';
import { sha256 } from './run.ts';
import { tinyOptions } from './testing/tiny.ts';
import { train } from './train.ts';

let folder: string;
let run: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-export-'));
  run = join(folder, 'run');
  await train(tinyOptions(run, { preprocess: writeModel(preprocessModel({ size: 8 })) }));
});
afterEach(() => rm(folder, { recursive: true }));

describe('exportModel', () => {
  it('writes a model whose parts belong together', async () => {
    const out = join(folder, 'model');
    const { modelSha256, bytes } = await exportModel(run, out);
    expect((await readdir(out)).sort()).toEqual(['card.md', 'codebook.pb', 'model.onnx', 'preprocess.onnx']);
    const network = await readFile(join(out, 'model.onnx'));
    const codebookBytes = await readFile(join(out, 'codebook.pb'));
    const codebook = readCodebook(codebookBytes);
    verifyTogether({
      modelSha256: sha256(network),
      preprocessSha256: sha256(await readFile(join(out, 'preprocess.onnx'))),
      codebook,
      codebookSha256: sha256(codebookBytes),
    });
    expect(modelSha256).toBe(sha256(network));
    expect(bytes['model.onnx']).toBe(network.length);
    expect(codebook).toMatchObject({
      M: 2,
      K: 16,
      D: 8,
      distance: 'aqd',
      classes: ['a', 'b', 'c', 'd'],
      training: { recipe: 'tiny', engine: 'onnxruntime', epochs: 5, seed: 1, map: null },
    });
    const { quantizer } = await readCheckpoint(join(run, 'checkpoint.bin'));
    expect(codebook.codewords).toEqual(quantizer!.codewords);
    const graph = readModel(network);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['embedding']);
    expect(graph.metadata).toMatchObject({ 'dqn.recipe': 'tiny', 'dqn.unitLength': 'true' });
    const card = await readFile(join(out, 'card.md'), 'utf8');
    expect(card).toMatch(/8 bits, stored in 2 bytes: 2 codebooks\s+of 16 codewords/);
    expect(card).toContain('`npx dqn evaluate` writes report.html');
  });

  it('gives the same bytes for two runs of one seed', async () => {
    const again = join(folder, 'again');
    await train(tinyOptions(again, { preprocess: writeModel(preprocessModel({ size: 8 })) }));
    await exportModel(run, join(folder, 'a'));
    await exportModel(again, join(folder, 'b'));
    for (const file of ['model.onnx', 'codebook.pb', 'preprocess.onnx']) {
      expect(await readFile(join(folder, 'b', file))).toEqual(await readFile(join(folder, 'a', file)));
    }
  });

  it('stores weights smaller when told so, with another hash', async () => {
    const f32 = await exportModel(run, join(folder, 'f32'));
    const f16 = await exportModel(run, join(folder, 'f16'), { weights: 'f16' });
    expect(f16.modelSha256).not.toBe(f32.modelSha256);
  });

  it('replaces a model, but no folder that holds something else', async () => {
    const out = join(folder, 'model');
    await exportModel(run, out);
    await writeFile(join(out, 'report.html'), 'of the old model');
    await exportModel(run, out, { card: '# mine' });
    expect((await readdir(out)).sort()).toEqual(['card.md', 'codebook.pb', 'model.onnx', 'preprocess.onnx']);
    expect(await readFile(join(out, 'card.md'), 'utf8')).toBe('# mine');
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'thesis.tex'), '');
    await expect(exportModel(run, other)).rejects.toMatchObject({ code: 'OTHER_FOLDER' });
    expect(await readdir(other)).toEqual(['thesis.tex']);
    expect((await readdir(folder)).sort()).toEqual(['model', 'other', 'run']);
  });

  it('clears away what a killed one left, and brings the model back that it had moved away', async () => {
    const out = join(folder, 'model');
    await exportModel(run, out);
    const before = await readFile(join(out, 'codebook.pb'));
    await rename(out, join(folder, '.model.999999999-0123abcd.old'));
    for (const name of ['.model.999999999-4567abcd.new', `.model.${process.ppid}-4567abcd.new`, '.model.mine'])
      await mkdir(join(folder, name));
    await writeFile(join(folder, '.model.999999999-4567abcd.new', 'model.onnx'), 'half');
    await exportModel(run, out, { weights: 'f16' });
    expect((await readdir(folder)).sort()).toEqual(
      [`.model.${process.ppid}-4567abcd.new`, '.model.mine', 'model', 'run'].sort(),
    );
    await exportModel(run, out);
    expect(await readFile(join(out, 'codebook.pb'))).toEqual(before);
  });

  it('refuses a run whose graphs were damaged', async () => {
    for (const file of ['graph.onnx', 'preprocess.onnx']) {
      const bytes = await readFile(join(run, file));
      const flipped = Uint8Array.from(bytes);
      flipped[bytes.length >> 1] ^= 4;
      for (const damaged of [flipped, bytes.subarray(0, bytes.length >> 1), new Uint8Array(0), undefined]) {
        if (damaged) await writeFile(join(run, file), damaged);
        else await rm(join(run, file));
        await expect(exportModel(run, join(folder, 'model'))).rejects.toMatchObject({
          code: 'NOT_A_RUN',
          message: expect.stringContaining(file),
        });
      }
      await writeFile(join(run, file), bytes);
    }
    await exportModel(run, join(folder, 'model'));
  });

  it('refuses a run that was stopped, and a folder that is no run', async () => {
    const out = join(folder, 'stopped');
    const controller = new AbortController();
    const stopped = train(
      tinyOptions(out, { signal: controller.signal, onProgress: ({ step }) => step === 9 && controller.abort() }),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(exportModel(out, join(folder, 'x'))).rejects.toMatchObject({
      code: 'NOT_FINISHED',
      message: expect.stringContaining('"npx dqn train … --resume"'),
    });
    await expect(exportModel(folder, join(folder, 'x'))).rejects.toMatchObject({
      code: 'NOT_A_RUN',
      message: expect.stringContaining('"npx dqn train --out"'),
    });
    for (const other of ['null', '7', '{"schemaVersion":1,"identity":null}']) {
      await writeFile(join(out, 'run.json'), other);
      await expect(exportModel(out, join(folder, 'x'))).rejects.toMatchObject({ code: 'NOT_A_RUN' });
    }
  });
});
