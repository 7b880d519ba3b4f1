import { describe, expect, it } from 'vitest';
import { modelCard, withEvaluation } from './card.ts';
import { someEvaluation } from './testing/evaluation.ts';
import { makeModel, temporaryFolder } from './testing/model.ts';
import { someRun } from './testing/run.ts';

const CARD = '# A model\n\n## Measured\n\nNothing yet.\n\n## Use\n\nIt.\n';

describe('the card', () => {
  it('gets what was measured, and keeps the rest', () => {
    const card = withEvaluation(CARD, someEvaluation());
    expect(card).toContain('| pets | holdout | 1 | 1 | 32 bits | all | 20 | 80 | 0.5000 | 0.5100 | 0.4900 | 0.5200 |');
    expect(card).not.toContain('Nothing yet');
    expect(card.startsWith('# A model\n')).toBe(true);
    expect(card.endsWith('\n## Use\n\nIt.\n')).toBe(true);
  });

  it('replaces the row of the same protocol, seed and views, and keeps others', () => {
    const first = withEvaluation(CARD, someEvaluation());
    const again = withEvaluation(first, someEvaluation({ database: 90 }));
    expect(again.match(/^\| pets/gm)).toHaveLength(1);
    expect(again).toContain('| 20 | 90 |');
    const views = withEvaluation(again, someEvaluation({ views: 2 }));
    expect(views.match(/^\| pets/gm)).toHaveLength(2);
    expect(withEvaluation(views, someEvaluation({ views: 2 }))).toBe(views);
  });

  it('puts figures of queries that were trained on last, and says that they flatter', () => {
    const flattering = someEvaluation({ seed: 2, trainedOn: 15 });
    const card = withEvaluation(withEvaluation(CARD, someEvaluation()), flattering);
    const rows = card.match(/^\| pets.*/gm)!;
    expect(rows.map((row) => row.split(' | ').slice(2, 7))).toEqual([
      ['1', '1', '32 bits', 'all', '20'],
      ['2', '1', '32 bits', 'all', '20 (15 trained on)'],
    ]);
    expect(card).toContain('the figures flatter the model');
    expect(withEvaluation(card, flattering)).toBe(card);
    expect(withEvaluation(CARD, someEvaluation())).not.toContain('flatter');
  });

  it('has rows for other lengths and for what comes without learning, or says why not', () => {
    const map = { aqd: 0.41, ip: 0.42, sqd: 0.4, unquantized: 0.52 };
    const fitted = { bits: 12, M: 2, K: 64, fitted: true as const, map };
    const results = [...someEvaluation().results, fitted];
    const baselines = { raw: { ...map, aqd: 0.2 }, ridge: { ...map, aqd: 0.3 } };
    const means = [{ ...fitted, deviation: { ...map, aqd: 0.0123 }, seeds: [1, 2] }];
    const together = { models: 2, results: means };
    const command = 'npx dqn evaluate MODEL --data pets';
    const first = someEvaluation({ results, baselines, together, command });
    const card = withEvaluation(CARD, first);
    expect(card).toContain('| 12 bits, fitted | all | 20 | 80 | 0.4100 | 0.4200 | 0.4000 | 0.5200 |');
    expect(card).toContain('| ridge head + PQ, 32 bits | all | 20 | 80 | 0.3000 |');
    expect(card).toContain('- 12 bits, fitted, seeds 1, 2: AQD 0.4100 ± 0.0123');
    expect(card).toContain(`\`\`\`\n${command}\n\`\`\``);
    expect(withEvaluation(card, first)).toBe(card);
    const without = withEvaluation(card, someEvaluation({ noBaselines: 'there is no backbone' }));
    expect(without).toContain('No baselines: there is no backbone.');
    expect(without).not.toMatch(/ridge head \+ PQ|dqn evaluate MODEL/);
  });

  it('gets a section where it has none', () => {
    expect(withEvaluation('# Mine\n', someEvaluation())).toMatch(/^# Mine\n\n## Measured\n[\s\S]*\| pets \|/);
  });

  it('gives commands that can be pasted', async () => {
    const codebook = await makeModel(await temporaryFolder());
    const card = modelCard({ codebook, record: someRun(codebook), weights: 'f32' });
    expect(card).toContain('\nnpx dqn index MODEL IMAGES --out my.gallery\nnpx dqn serve my.gallery\n');
    expect(card).toContain('`npx dqn evaluate` measures');
  });

  it('says what it is for, where it ends, whose the pictures and the backbone are, and how it was made', async () => {
    const codebook = await makeModel(await temporaryFolder());
    const run = someRun(codebook);
    const own = modelCard({ codebook, record: run, weights: 'i8' });
    for (const heading of ['Intended use', 'Limits', 'Data and licences', 'Made by']) {
      expect(own).toContain(`\n## ${heading}\n`);
    }
    expect(own).toContain('the 2 classes of somewhere (blue, red)');
    expect(own).toContain('No pretrained weights');
    expect(own).toContain('npx dqn export RUN --out MODEL --weights i8');
    const backbone = { name: 'mine.onnx', sha256: 'ab', features: 'f', pixels: 'torch' };
    const behind = { ...run, facts: { ...run.facts, backbone } };
    const other = modelCard({ codebook, record: behind, weights: 'f32' });
    expect(other).toContain('Backbone: mine.onnx (sha256 `ab`); its licence is not known here');
  });

  it('says how long codes are, also where K is not 256', async () => {
    const codebook = await makeModel(await temporaryFolder());
    const card = modelCard({ codebook, record: someRun(codebook), weights: 'f32' });
    expect(card).toContain('codes of 16 bits, stored in 4 bytes.');
  });
});
