import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '@dqn/data';
import { MODEL_FILES } from '@dqn/format';
import { readModel, writeModel } from '@dqn/onnx';
import type { Model } from '@dqn/runtime';
import { createRetriever, type Retriever } from '@dqn/server';
import { CUT_METADATA } from '@dqn/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeModel, temporaryFolder } from '../testing/model.ts';
import { embedRows } from './embed.ts';
import { FrozenModel } from './frozen.ts';

const N = 24;
const dataset: Dataset = {
  name: 'noise',
  classes: ['a', 'b'],
  length: N,
  warnings: [],
  id: String,
  labels: (row) => [row % 2],
  group: String,
  read: async (row) => ({
    width: 40,
    height: 36,
    data: Uint8Array.from({ length: 40 * 36 * 3 }, (_, i) => Math.imul(i + 7919 * row, 2654435761) >>> 24),
  }),
  describe: () => 'noise',
};
const signal = new AbortController().signal;
const rows = Uint32Array.from({ length: N }, (_, row) => row);

/** A model that says where its frozen part ends: at the input of the last product. */
async function makeFrozen(folder: string): Promise<void> {
  await makeModel(folder);
  const file = join(folder, MODEL_FILES.network);
  const network = readModel(await readFile(file));
  const gemm = network.nodes.findLast(({ op }) => op === 'Gemm')!;
  const metadata = { ...network.metadata, [CUT_METADATA]: gemm.inputs[0] };
  await writeFile(file, writeModel({ ...network, metadata }));
}

describe('a model behind a frozen trunk', () => {
  let folder: string;
  let retriever: Retriever;
  let model: Model;
  const cache = process.env.DQN_CACHE;
  beforeAll(async () => {
    folder = await temporaryFolder();
    process.env.DQN_CACHE = join(folder, 'cache');
    await makeModel(join(folder, 'whole'));
    await makeFrozen(join(folder, 'frozen'));
    retriever = await createRetriever({ model: join(folder, 'whole'), provider: 'cpu' });
    model = retriever.model;
  });
  afterAll(async () => {
    await retriever.close();
    if (cache === undefined) delete process.env.DQN_CACHE;
    else process.env.DQN_CACHE = cache;
  });

  it.each([1, 2] as const)('gives what the whole network gives, by %i views', async (views) => {
    const frozen = (await FrozenModel.open(join(folder, 'frozen'), model))!;
    const parts = await frozen.embed(dataset, rows, { views, strict: true, signal });
    const whole = await embedRows(model, dataset, rows, { views, batch: 8, strict: true, signal });
    expect(parts.rows).toEqual(whole.rows);
    parts.embeddings.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.embeddings[i], 4);
    });
    await frozen.close();
  });

  it('fits baselines with the model’s codebooks to the features', async () => {
    const frozen = (await FrozenModel.open(join(folder, 'frozen'), model))!;
    const { raw, ridge } = await frozen.baselines(dataset, rows, 1, { strict: true, signal });
    const { M, K } = model.codebook;
    expect(raw.codebook).toMatchObject({ M, K });
    expect(ridge.codebook).toMatchObject({ M, K, D: 4 });
    await frozen.close();
  });

  it('is none where the file says of no cut', async () => {
    expect(await FrozenModel.open(join(folder, 'whole'), model)).toBeUndefined();
  });
});
