import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { someEvaluation } from '../testing/evaluation.ts';
import { makeModel, temporaryFolder } from '../testing/model.ts';
import { lineChart, niceTicks } from './chart.ts';
import { addEvaluation, emptyReport, parseReport, type Report } from './data.ts';
import { renderReport } from './page.ts';

async function someReport(): Promise<Report> {
  const codebook = await makeModel(await temporaryFolder(), { training: { data: '</script><b>x' } });
  const points = [1, 2, 3].map((step) => ({ step, epoch: 1, loss: 1 / step, L: 0.9 / step, Q: 0.1 }));
  return {
    ...emptyReport(codebook),
    training: { points, seconds: 12, device: 'cpu' },
    evaluations: [someEvaluation()],
  };
}

describe('report.html', () => {
  it('is one file: charts, figures, nothing fetched', async () => {
    const page = renderReport(await someReport());
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page).toContain('<b>0.520</b><span>unquantized</span>');
    expect(page).toContain('codes of 16 bits, stored in 4 bytes.');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
  });

  it('holds its own data, whatever names are in it', async () => {
    const report = await someReport();
    const page = renderReport(report);
    expect(page).not.toContain('<b>x');
    expect(parseReport(page)).toEqual(report);
    expect(parseReport('<html></html>')).toBeUndefined();
    expect(parseReport(page.replace('"schemaVersion":1', '"schemaVersion":9'))).toBeUndefined();
  });

  it('gets evaluations added, the newest first, one a protocol, seed and number of views', async () => {
    const folder = await temporaryFolder();
    const codebook = await makeModel(folder);
    const read = async () => parseReport(await readFile(join(folder, 'report.html'), 'utf8'))?.evaluations;
    await addEvaluation(folder, codebook, someEvaluation());
    await addEvaluation(folder, codebook, someEvaluation({ views: 2 }));
    await addEvaluation(folder, codebook, someEvaluation({ queries: 7 }));
    expect((await read())?.map(({ views, queries }) => [views, queries])).toEqual([
      [1, 7],
      [2, 20],
    ]);
    const other = await makeModel(await temporaryFolder(), { seed: 2 });
    await addEvaluation(folder, other, someEvaluation());
    expect(await read()).toHaveLength(1);
  });
});

describe('lineChart', () => {
  it('leaves out what is no number, and draws nothing without points', () => {
    const chart = { title: 'T', x: { label: 'x' }, y: { label: 'y' } };
    const series = [{ name: 'a', points: [0, 1, 2].map((x) => ({ x, y: x === 1 ? Number.NaN : x })) }];
    expect(lineChart({ ...chart, series })).not.toContain('NaN');
    expect(lineChart({ ...chart, series: [{ name: 'a', points: [] }] })).toBe('');
    expect(lineChart({ ...chart, series: [{ name: 'a', points: [{ x: 1, y: 1 }] }] })).not.toContain('NaN');
  });

  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 2400, [0, 500, 1000, 1500, 2000]],
    [0.013, 0.021, [0.014, 0.016, 0.018, 0.02]],
  ])('ticks from %d to %d', (min, max, expected) => {
    expect(niceTicks(min, max)).toEqual(expected);
  });
});
