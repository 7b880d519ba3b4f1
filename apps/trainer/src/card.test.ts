import { describe, expect, it } from 'vitest';
import { modelCard, withEvaluation } from './card.ts';
import { someEvaluation } from './testing/evaluation.ts';
import { makeModel, temporaryFolder } from './testing/model.ts';
import { someRun } from './testing/run.ts';

const CARD = '# A model\n\n## Measured\n\nNothing yet.\n\n## Use\n\nIt.\n';

describe('the card', () => {
  it('gets what was measured, and keeps the rest', () => {
    const card = withEvaluation(CARD, someEvaluation());
    expect(card).toContain('| pets | holdout | 1 | 1 | 32 | all | 20 | 80 | 0.5000 | 0.5100 | 0.4900 | 0.5200 |');
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

  it('gets a section where it has none', () => {
    expect(withEvaluation('# Mine\n', someEvaluation())).toMatch(/^# Mine\n\n## Measured\n[\s\S]*\| pets \|/);
  });

  it('gives commands that can be pasted', async () => {
    const codebook = await makeModel(await temporaryFolder());
    const card = modelCard({ codebook, record: someRun(codebook), weights: 'f32' });
    expect(card).toContain('\nnpx dqn index MODEL IMAGES --out my.gallery\nnpx dqn serve my.gallery\n');
    expect(card).toContain('`npx dqn evaluate` measures');
  });

  it('says how long codes are, also where K is not 256', async () => {
    const codebook = await makeModel(await temporaryFolder());
    const card = modelCard({ codebook, record: someRun(codebook), weights: 'f32' });
    expect(card).toContain('codes of 16 bits, stored in 4 bytes.');
  });
});
