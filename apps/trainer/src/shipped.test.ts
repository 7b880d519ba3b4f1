import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODEL_FILES, readCodebook, sha256Hex, verifyTogether } from '@dqn/format';
import { createRandom } from '@dqn/pq';
import { openModel } from '@dqn/runtime';
import { describe, expect, it } from 'vitest';
import { createSession } from './ort.ts';

const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));

/** What a clone holds: others under models/ are the reader's own. */
const SHIPPED = ['cifar10-32bit'];

/** All files of a model together. */
const MOST_BYTES = 3_000_000;

describe.each(SHIPPED)('the shipped model %s', (name) => {
  const folder = join(MODELS, name);
  const load = async (file: string) => new Uint8Array(await readFile(join(folder, file)));
  const parts = async () => ({
    network: await load(MODEL_FILES.network),
    preprocess: await load(MODEL_FILES.preprocess),
    codebook: await load(MODEL_FILES.codebook),
  });

  it('is small, whole, and its files belong together', async () => {
    const files = await readdir(folder);
    expect(files).toEqual(expect.arrayContaining(Object.values(MODEL_FILES)));
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST_BYTES);
    const { network, preprocess, codebook } = await parts();
    verifyTogether({
      modelSha256: sha256Hex(network),
      preprocessSha256: sha256Hex(preprocess),
      codebook: readCodebook(codebook),
      codebookSha256: sha256Hex(codebook),
    });
  });

  it('says on its card which files it means, what they measured and how they were made', async () => {
    const { network, codebook } = await parts();
    const { training } = readCodebook(codebook);
    const card = new TextDecoder().decode(await load(MODEL_FILES.card));
    expect(card).toContain(sha256Hex(network));
    expect(card).toContain('npx dqn train');
    expect(card).toContain('npx dqn export');
    expect(training.map).toBeGreaterThan(0.5);
    expect(card).toContain(training.map!.toFixed(4));
  });

  it('turns a picture of any size into an embedding of unit length and a code', async () => {
    const model = await openModel(await parts(), { createSession: (bytes) => createSession(bytes) });
    const { M, K, D } = model.codebook;
    expect(M * Math.log2(K)).toBe(32);
    const random = createRandom(1);
    const picture = (width: number, height: number) => ({
      ...{ width, height },
      data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)),
    });
    const pictures = [picture(32, 32), picture(97, 41)];
    const z = await model.embed(pictures);
    expect(z).toHaveLength(2 * D);
    for (const row of [z.subarray(0, D), z.subarray(D)]) expect(Math.hypot(...row)).toBeCloseTo(1, 4);
    expect(await model.encode(pictures)).toHaveLength(2 * M);
    await model.close();
  });
});
