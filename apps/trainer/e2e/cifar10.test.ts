import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../src/testing/model.ts';
import { dqnJson } from './command.ts';

vi.setConfig({ testTimeout: 900_000 });

const root = process.env.DQN_DATA;
const isThere = [root, join(root ?? '', 'cifar10')].some(
  (place) => place !== undefined && existsSync(join(place, 'cifar-10-batches-bin/test_batch.bin')),
);
if (!isThere) {
  const message = `SKIPPED: no CIFAR-10 under DQN_DATA (${root ?? 'not set'}): set it to the folder that holds cifar-10-batches-bin`;
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(message);
}

describe.skipIf(!isThere)('a short training on real CIFAR-10, end to end', () => {
  it('learns within two epochs to find better than chance, in codes of four bytes', async () => {
    const folder = await temporaryFolder();
    const [run, model] = ['run', 'model'].map((name) => join(folder, name));
    const line = await dqnJson(['train', '--data', 'cifar10', '--out', run, '--epochs', '2', '--bits', '32']);
    expect(line.epoch).toBe(2);
    await dqnJson(['export', run, '--out', model]);

    const result = await dqnJson(['evaluate', model]);
    expect(result).toMatchObject({ protocol: 'cifar10-54000', R: 'all', seed: 1, queries: 1000, database: 54_000 });
    const [{ bits, map }] = result.results;
    expect(bits).toBe(32);
    // Chance is .1, the untrained network .14.
    expect(map.aqd).toBeGreaterThan(0.15);
    expect(map.aqd).toBeGreaterThan(0.9 * map.unquantized);
  });
});
