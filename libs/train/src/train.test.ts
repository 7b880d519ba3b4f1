import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModel } from '@dqn/onnx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint } from './checkpoint.ts';
import type { OpenLearner } from './choose.ts';
import { readLog } from './log.ts';
import type { TrainProgress } from './progress.ts';
import { readRun } from './run.ts';
import { FakeLearner } from './testing/fakeLearner.ts';
import { coloured } from './testing/pictures.ts';
import { plainObjective } from './testing/plainObjective.ts';
import { tinyData, tinyOptions, tinyRecipe } from './testing/tiny.ts';
import { type TrainOptions, train } from './train.ts';

const recipe = tinyRecipe;
const data = tinyData;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-train-'));
});
afterEach(() => rm(folder, { recursive: true }));

function options(change: Partial<TrainOptions> = {}): TrainOptions {
  return tinyOptions(join(folder, 'run'), change);
}

/** What two equal runs have in common: weights and codebooks. */
async function fingerprint(run: string): Promise<unknown> {
  const { learner, quantizer } = await readCheckpoint(join(run, 'checkpoint.bin'));
  return { weights: learner.parameters, codebooks: quantizer };
}

describe('train', () => {
  it('learns, and leaves a run that can be read', async () => {
    const seen: TrainProgress[] = [];
    const notices: string[] = [];
    const { result, lastLine, run } = await train(
      options({ onProgress: (p) => seen.push(p), onNotice: (line) => notices.push(line) }),
    );
    expect(notices).toEqual(['engine: onnxruntime (1 worker), because it is a test', 'device: plain loops']);
    expect(seen.filter(({ phase }) => phase === 'learning')).toHaveLength(30);
    expect(seen.at(-1)).toMatchObject({ phase: 'codebooks', epoch: 5, epochs: 5, step: 30, steps: 30 });
    expect(seen[29].L).toBeLessThan(seen[0].L / 2);
    expect(seen[29].Q).toBeGreaterThan(0);
    expect(seen[0].Q).toBe(0);
    expect(seen[0].imagesPerSecond).toBeGreaterThan(0);
    expect(lastLine).toMatchObject({
      kind: 'end',
      step: 30,
      epoch: 5,
      loss: result.loss,
      distortion: result.distortion,
    });

    expect((await readdir(run.directory)).sort()).toEqual([
      'checkpoint.bin',
      'graph.onnx',
      'log.jsonl',
      'preprocess.onnx',
      'run.json',
    ]);
    const read = await readRun(run.directory);
    expect(read.record).toMatchObject({
      state: 'finished',
      identity: { M: 2, K: 16, D: 8, bits: 8, trainImages: 100 },
    });
    const lines = await readLog(run.path('log'));
    expect(lines.filter(({ kind }) => kind === 'epoch')).toHaveLength(5);
    expect(lines.filter(({ kind }) => kind === 'step')).toHaveLength(3);
    const learnt = readModel(await readFile(run.path('graph')));
    const { learner } = await readCheckpoint(run.path('checkpoint'));
    expect(learnt.initializers.get('fcb.weight')!.data).toEqual(learner.parameters.get('fcb.weight')!.data);
  });

  it('gives the same bytes twice, and others for another seed', async () => {
    await train(options({ out: join(folder, 'a') }));
    await train(options({ out: join(folder, 'b') }));
    await train(options({ out: join(folder, 'c'), seed: 2 }));
    expect(await fingerprint(join(folder, 'b'))).toEqual(await fingerprint(join(folder, 'a')));
    expect(await fingerprint(join(folder, 'c'))).not.toEqual(await fingerprint(join(folder, 'a')));
  });

  it.each([0, 3, 6, 14, 29])('stopped after step %i and resumed, ends at the same bytes', async (stop) => {
    const whole = join(folder, 'whole');
    await train(options({ out: whole }));
    const controller = new AbortController();
    const out = join(folder, 'parts');
    if (stop === 0) controller.abort();
    const onProgress = ({ step }: TrainProgress): void => {
      if (step === stop) controller.abort();
    };
    await expect(train(options({ out, signal: controller.signal, onProgress }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    if (stop > 0) {
      expect((await readCheckpoint(join(out, 'checkpoint.bin'))).step).toBe(stop);
      await train(options({ out, resume: true }));
      expect(await fingerprint(out)).toEqual(await fingerprint(whole));
      const strip = async (run: string) =>
        (await readLog(join(run, 'log.jsonl'))).map(({ kind, step, epoch, loss }) => ({
          kind,
          step,
          epoch,
          loss: kind === 'step' ? 0 : loss,
        }));
      expect(await strip(out)).toEqual(await strip(whole));
    }
  });

  it('resumed from a checkpoint that is older than the log, ends at the same bytes', async () => {
    const whole = join(folder, 'whole');
    await train(options({ out: whole }));
    const out = join(folder, 'killed');
    const controller = new AbortController();
    const onProgress = ({ step }: TrainProgress): void => {
      if (step === 21) controller.abort();
    };
    const first = new AbortController();
    await expect(
      train(options({ out, signal: first.signal, onProgress: ({ step }) => step === 13 && first.abort() })),
    ).rejects.toThrow();
    const saved = await readFile(join(out, 'checkpoint.bin'));
    await expect(train(options({ out, resume: true, signal: controller.signal, onProgress }))).rejects.toThrow();
    await writeFile(join(out, 'checkpoint.bin'), saved);
    await train(options({ out, resume: true }));
    expect(await fingerprint(out)).toEqual(await fingerprint(whole));
    expect((await readLog(join(out, 'log.jsonl'))).filter(({ kind }) => kind === 'epoch')).toHaveLength(5);
  });

  it('says what a finished run gave when it is resumed', async () => {
    const { result } = await train(options());
    expect((await train(options({ resume: true }))).result).toEqual(result);
  });

  it('resumed where the folder was begun and no more, ends at the same bytes', async () => {
    const whole = await train(options());
    const out = join(folder, 'begun');
    await train(options({ out }));
    for (const file of ['checkpoint.bin', 'graph.onnx', 'preprocess.onnx', 'log.jsonl']) await rm(join(out, file));
    const { run } = await train(options({ out, resume: true }));
    expect(await fingerprint(out)).toEqual(await fingerprint(whole.run.directory));
    expect(await readFile(run.path('graph'))).toEqual(await readFile(whole.run.path('graph')));
    expect(await readFile(run.path('preprocess'))).toEqual(await readFile(whole.run.path('preprocess')));
  });

  it('refuses to resume with other options, and names them', async () => {
    await train(options());
    const changed = { ...recipe, learningRate: 0.5 };
    await expect(train(options({ resume: true, recipe: changed, seed: 9 }))).rejects.toThrow(
      /recipe\.learningRate was 0\.02, now 0\.5; seed was 1, now 9/,
    );
    const otherData = coloured({ N: 100, size: 8, classes: 4, seed: 8 });
    await expect(train(options({ resume: true, ...otherData }))).rejects.toMatchObject({ code: 'OTHER_OPTIONS' });
  });

  it('refuses a folder that holds a run or other files', async () => {
    await train(options());
    await expect(train(options())).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    await writeFile(join(folder, 'other'), '');
    await expect(train(options({ out: folder }))).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    await expect(train(options({ out: join(folder, 'nothing'), resume: true }))).rejects.toMatchObject({
      code: 'NOT_A_RUN',
    });
  });

  it('refuses a checkpoint with a flipped bit', async () => {
    const { run } = await train(options());
    const bytes = await readFile(run.path('checkpoint'));
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(run.path('checkpoint'), bytes);
    await expect(train(options({ resume: true }))).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
  });

  it('stops at a NaN, names the step and leaves the last good checkpoint', async () => {
    let steps = 0;
    const broken: TrainOptions['createObjective'] = async (...parts) => {
      const objective = await plainObjective(...parts);
      return {
        ...objective,
        evaluate: async (batch) => ({
          ...(await objective.evaluate(batch)),
          ...(++steps === 8 && { loss: Number.NaN }),
        }),
      };
    };
    const failing = train(options({ createObjective: broken, checkpointSeconds: 0 }));
    await expect(failing).rejects.toMatchObject({ code: 'NOT_FINITE', message: expect.stringContaining('step 8') });
    const checkpoint = await readCheckpoint(join(folder, 'run', 'checkpoint.bin'));
    expect(checkpoint.step).toBe(7);
    expect((await readRun(join(folder, 'run'))).record.state).toBe('learning');
  });

  it('never writes weights that are not finite', async () => {
    let learner: FakeLearner | undefined;
    const open: OpenLearner = async (o) => {
      learner = new FakeLearner(o.learner);
      return { learner, reason: '' };
    };
    const exploding = { ...recipe, optimiser: { kind: 'sgd', momentum: 0 } as const, learningRate: 1e308 };
    await expect(train(options({ recipe: exploding, openLearner: open }))).rejects.toMatchObject({
      code: 'NOT_FINITE',
    });
    expect(learner!.closed).toBe(true);
    expect(await readdir(join(folder, 'run'))).not.toContain('checkpoint.bin');
  });

  it('refuses fewer images than codewords, one image, an image without label, impossible bits', async () => {
    const few = coloured({ N: 15, size: 8, classes: 3 });
    await expect(train(options(few))).rejects.toMatchObject({ code: 'TOO_FEW_IMAGES' });
    await expect(train(options(coloured({ N: 1, size: 8, classes: 1 })))).rejects.toMatchObject({
      code: 'TOO_FEW_IMAGES',
    });
    await expect(train(options({ labels: data.labels.map((own, i) => (i === 4 ? [] : own)) }))).rejects.toMatchObject({
      code: 'BAD_LABELS',
    });
    await expect(train(options({ bits: 9 }))).rejects.toMatchObject({ code: 'BITS_NOT_POSSIBLE' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('learns where a label has one image, and where there are fewer images than a batch', async () => {
    const small = coloured({ N: 40, size: 8, classes: 4 });
    const labels = small.labels.map((own, i) => (i === 0 ? [4] : own));
    const { result } = await train(options({ ...small, labels, recipe: { ...recipe, batch: 64 } }));
    expect(result.steps).toBe(5);
    expect(Number.isFinite(result.loss)).toBe(true);
  });
});
