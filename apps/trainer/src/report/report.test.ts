import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { someEvaluation } from '../testing/evaluation.ts';
import { someInsight } from '../testing/insight.ts';
import { makeModel, temporaryFolder } from '../testing/model.ts';
import { someRun } from '../testing/run.ts';
import { addEvaluation, parseReport, type Report } from './data.ts';
import { renderReport } from './page.ts';
import { trainCommand, trainingReport } from './run-facts.ts';

const HOSTILE = '</script><b>x';

async function someReport(): Promise<Report> {
  const codebook = await makeModel(await temporaryFolder(), { training: { data: HOSTILE } });
  const log = [1, 2, 3].map((step) => ({
    kind: 'step' as const,
    step,
    epoch: 1,
    loss: 1 / step,
    L: 0.9 / step,
    Q: 0.1,
  }));
  return {
    ...trainingReport(someRun(codebook), codebook, log, 'f32'),
    evaluations: [someEvaluation()],
    insight: someInsight(`${HOSTILE}" onerror="alert(1)`),
  };
}

const titles = (page: string): string[] => Array.from(page.matchAll(/<h2>(.*?)<\/h2>/g), ([, title]) => title);

describe('report.html', () => {
  it('is one file: charts, figures, nothing fetched', async () => {
    const page = await renderReport(await someReport());
    expect(titles(page)).toEqual(['Retrieval', 'Queries', 'Map', 'Confusion', 'Codes', 'Training', 'Settings']);
    // Two of training, two of retrieval, two codebooks, two maps.
    expect(page.match(/<svg role="img"/g)).toHaveLength(8);
    expect(page).toContain('<b>0.520</b><span>unquantized</span>');
    expect(page).toContain('codes of 16 bits, stored in 4 bytes.');
    expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
    expect(page).not.toMatch(/url\((?!#)|@import|<link|<script(?! type="application\/json")/);
    expect(page).not.toContain('NaN');
  });

  it('draws no two things by one id', async () => {
    const page = await renderReport(await someReport());
    const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(id);
  });

  it('says how the codes are used, and which classes are taken for one another', async () => {
    const page = await renderReport(await someReport());
    expect(page).toContain('1.50 of 2 bits, <em>1 dead</em>');
    expect(page).toContain('Entropy over all codebooks: 3.5 of 4 bits. 1 of 8 codewords are dead');
    expect(page).toContain('Most often: dog for cat (25 %), cat for dog (10 %).');
    expect(page).toContain('--share:75%');
  });

  it('lists many classes instead of a square, and says what a share is where pictures have several', async () => {
    const report = await someReport();
    const classes = Array.from({ length: 20 }, (_, i) => `class ${i}`);
    const shares = classes.map((_, i) => classes.map((__, j) => (i === j ? 0.8 : i === 0 && j === 1 ? 0.2 : 0)));
    const confusion = { k: 2, classes, queries: classes.map(() => 3), shares, isMultiLabel: true };
    const page = await renderReport({ ...report, insight: { ...report.insight!, confusion } });
    expect(page).not.toContain('class="square"');
    expect(page).toContain('<th scope="row">class 0</th><td>3</td><td>80 %</td><td>class 1 20 %</td>');
    expect(page).toContain('rows add up to more than 1');
  });

  it('says of every part why it is empty', async () => {
    const { insight: _, run: __, training: ___, ...report } = await someReport();
    const page = await renderReport({ ...report, evaluations: [] });
    expect(titles(page)).toEqual(['Retrieval', 'Training', 'Settings']);
    expect(page).toContain('Nothing is measured yet: <code>npx dqn evaluate MODEL --data FOLDER</code>');
    expect(page).toContain('This report was begun by an evaluation');
    const points = [1, 2, 3].map((step) => ({ step, epoch: 1, loss: 1, L: 1, Q: 0 }));
    const twoSteps = await renderReport({
      ...report,
      evaluations: [],
      training: { points, seconds: 1, device: 'CPU' },
    });
    expect(twoSteps).toContain('There was no quantization loss');
    expect(twoSteps.match(/<svg role="img"/g)).toHaveLength(1);
    const flat = await renderReport({
      ...report,
      evaluations: [someEvaluation({ noBaselines: 'there is no backbone' })],
    });
    expect(flat).toContain('No baselines: there is no backbone.');
  });

  it('shortens long names where they would need much room, and keeps them as titles', async () => {
    const report = await someReport();
    const name = 'a café terrace by the sea';
    const { confusion, map } = report.insight!;
    const classes = [name, 'dog'];
    const insight = { ...report.insight!, confusion: { ...confusion, classes }, map: { ...map!, classes } };
    const page = await renderReport({ ...report, insight });
    expect(page).toContain(`<th scope="col" title="${name}"><span>a café terrace by…</span></th>`);
    expect(page).toMatch(/>a café terrace by t…<\/text>/);
  });

  it('says so where no query is among the worst', async () => {
    const report = await someReport();
    const page = await renderReport({ ...report, insight: { ...report.insight!, worst: [] } });
    expect(page).toContain('There are none: the average precision of every query is 1.');
  });

  it('shows other lengths, baselines and means', async () => {
    const map = { aqd: 0.41, ip: 0.42, sqd: 0.4, unquantized: 0.52 };
    const fitted = { bits: 12, M: 2, K: 64, fitted: true as const, map };
    const evaluation = someEvaluation({
      results: [...someEvaluation().results, fitted],
      baselines: { raw: { ...map, aqd: 0.2 }, ridge: { ...map, aqd: 0.3 } },
      together: { models: 2, results: [{ ...fitted, deviation: { ...map, aqd: 0.0123 }, seeds: [1, 2] }] },
    });
    const page = await renderReport({ ...(await someReport()), evaluations: [evaluation] });
    expect(page).toMatch(/12 bits <span>2 × 64, fitted<\/span><\/th><td>0.4100[\s\S]*32 bits/);
    expect(page).toMatch(/ridge head \+ PQ <span>32 bits<\/span><\/th><td>0.3000/);
    expect(page).toContain('0.4100 <span>± 0.0123</span>');
    expect(page).toContain('seeds 1, 2');
  });

  it('holds its own data, whatever names are in it', async () => {
    const report = await someReport();
    const page = await renderReport(report);
    expect(page).not.toContain('<b>x');
    expect(page.slice(0, page.indexOf('<script'))).not.toContain('" onerror');
    expect(parseReport(page)).toEqual(report);
    expect(parseReport('<html></html>')).toBeUndefined();
    expect(parseReport(page.replace('"schemaVersion":2', '"schemaVersion":9'))).toBeUndefined();
  });

  it('goes on with a report of the first schema', () => {
    const codebook = { model: { sha256: 'ab' }, training: { points: [], seconds: 1, device: 'cpu' } };
    const old = { schemaVersion: 1, ...codebook, evaluations: [{ ...someEvaluation(), examples: [{}] }] };
    const page = `<script type="application/json" id="dqn-report">${JSON.stringify(old)}</script>`;
    expect(parseReport(page)).toEqual({ ...codebook, schemaVersion: 2, evaluations: [someEvaluation()] });
  });
});

describe('addEvaluation', () => {
  it('puts the newest first, one a protocol, seed and number of views', async () => {
    const folder = await temporaryFolder();
    const codebook = await makeModel(folder);
    const read = async () => parseReport(await readFile(join(folder, 'report.html'), 'utf8'));
    await addEvaluation(folder, codebook, someEvaluation(), someInsight());
    expect((await read())?.insight).toEqual(someInsight());
    await addEvaluation(folder, codebook, someEvaluation({ views: 2 }));
    await addEvaluation(folder, codebook, someEvaluation({ queries: 7 }));
    const { evaluations, insight, model } = (await read())!;
    expect(evaluations.map(({ views, queries }) => [views, queries])).toEqual([
      [1, 7],
      [2, 20],
    ]);
    expect(insight).toBeUndefined();
    expect(model.codebookSha256).toMatch(/^[0-9a-f]{64}$/);
    const other = await makeModel(await temporaryFolder(), { seed: 2 });
    await addEvaluation(folder, other, someEvaluation());
    expect((await read())?.evaluations).toHaveLength(1);
  });

  it('leaves an honest headline where queries were trained on, and says that those figures flatter', async () => {
    const folder = await temporaryFolder();
    const codebook = await makeModel(folder);
    const page = () => readFile(join(folder, 'report.html'), 'utf8');
    const flattering = someEvaluation({ seed: 2, trainedOn: 15 });
    const note = '15 of 20 queries were trained on';
    await addEvaluation(folder, codebook, flattering, someInsight('flattering.png'));
    expect(await page()).toContain(`<b>${note}: these figures flatter the model.</b>`);
    await addEvaluation(folder, codebook, someEvaluation(), someInsight('honest.png'));
    await addEvaluation(folder, codebook, flattering, someInsight('flattering.png'));
    const { evaluations, insight } = parseReport(await page())!;
    expect(evaluations.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(insight).toEqual(someInsight('honest.png'));
    expect(await page()).toContain(`AQD 0.500, ${note}</summary>`);
  });

  it('keeps other lengths of the same pictures that are not measured again', async () => {
    const folder = await temporaryFolder();
    const codebook = await makeModel(folder);
    const [own] = someEvaluation().results;
    const fitted = { ...own, bits: 16, M: 2, fitted: true as const };
    await addEvaluation(folder, codebook, someEvaluation({ results: [own, fitted] }));
    const kept = await addEvaluation(folder, codebook, someEvaluation());
    expect(kept.results).toEqual([own, fitted]);
    const others = await addEvaluation(folder, codebook, someEvaluation({ database: 81 }));
    expect(others.results).toEqual([own]);
  });
});

describe('the command that made a model', () => {
  it('is what has to be typed to learn it again', async () => {
    const run = someRun(await makeModel(await temporaryFolder()));
    expect(trainCommand(run)).toBe(
      'npx dqn train --data somewhere --protocol holdout --size 32 --recipe fast --bits 16 --codewords 16 --seed 1 --engine onnxruntime --out RUN',
    );
    const { identity, facts } = run;
    const recipe = { ...identity.recipe, name: 'fast/dqn2', epochs: 3 };
    const backbone = { name: "it's.onnx", sha256: 'ab', features: 'f', pixels: 'torch', cut: 'c' };
    const other = { ...run, identity: { ...identity, recipe }, facts: { ...facts, data: 'mine#0123', backbone } };
    expect(trainCommand(other)).toContain(
      "--data FOLDER --protocol holdout --backbone 'it'\\''s.onnx' --cut c --pixels torch --size 32 --recipe fast --variant dqn2 --bits 16 --codewords 16 --epochs 3 ",
    );
  });
});
