import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cellPlan, FEWEST_FOR_CELLS } from '../src/search/plan.ts';
import { ROOT } from './projects.ts';

it('the API reference is what the docstrings say', () => {
  expect(() => execFileSync(process.execPath, [join(ROOT, 'scripts/api.mjs'), '--check'])).not.toThrow();
});

it('every link of the documentation leads somewhere in the package', () => {
  const shipped = /^(README\.md|LICENSE|docs|examples)(\/|$)/;
  const pages = [
    'README.md',
    ...readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const anchors = (text: string) =>
    new Set(
      Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title]) =>
        title
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replace(/ /g, '-'),
      ),
    );
  for (const page of pages) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path, anchor] = link.split('#');
      const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
      expect(existsSync(target), `${page}: ${link}`).toBe(true);
      expect(relative(ROOT, target), `${page}: ${link}`).toMatch(shipped);
      if (anchor) expect(anchors(readFileSync(target, 'utf8')), `${page}: ${link}`).toContain(anchor);
    }
  }
});

describe('the pictures and the table of docs/how-it-works.md', () => {
  interface Made {
    readonly name: string;
    readonly M: number;
    readonly K: number;
    readonly N: number;
  }
  /** Rows and columns of the cells, as indexes are cut today. */
  function cells({ M, K, N }: Made): [number, number] {
    expect(N).toBeGreaterThanOrEqual(FEWEST_FOR_CELLS);
    return [K, K >> cellPlan({ M, K }, new Uint8Array(), N).lowBits1];
  }
  const sets = async () => {
    const { href } = new URL('../scripts/pictures/sets.mjs', import.meta.url);
    return (await import(href)) as { ROWS: readonly Made[]; SMALL: Made; LARGE: Made };
  };
  const again = 'run: npm run build -w @dqn/pq && npm run pictures -w @dqn/pq';

  it('are of structures as indexes choose them', async () => {
    const { ROWS } = await sets();
    const page = readFileSync(join(ROOT, 'docs/how-it-works.md'), 'utf8');
    const table = page.slice(page.indexOf('scripts/pictures.mjs. -->'), page.indexOf('<!-- Up to here'));
    const rows = Array.from(table.matchAll(/^\| (\w+) \| (\d+) \| ([\d,]+) \| (.*?) \| [\d,]+ of ([\d,]+) \|/gm));
    const number = (text: string) => Number(text.replaceAll(',', ''));
    const told = rows.map(([, name, M, N, structure]) => [name, number(M), number(N), structure.split(',')[0]]);
    const kind = (M: number) => (M <= 4 ? 'multi-index' : 'coarse cells');
    expect(told, again).toEqual(ROWS.map(({ name, M, N }) => [name, M, N, kind(M)]));
    for (const [i, [, , , , structure, of]] of rows.entries()) {
      const [rows, columns] = cells(ROWS[i]);
      // Where codes are kept once there are fewer to fill the cells.
      if (structure.includes('distinct')) expect(number(of), again).toBeLessThanOrEqual(rows * columns);
      else expect(number(of), again).toBe(rows * columns);
    }
  });

  it('show cells as indexes are cut', async () => {
    const { SMALL, LARGE } = await sets();
    const picture = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
    const [rows, columns] = cells(SMALL);
    expect(picture('cells.svg'), again).toContain(
      `M = ${SMALL.M}, K = ${SMALL.K}; axis 1 →, axis 0 ↓: ${rows} × ${columns} cells`,
    );
    for (const set of [SMALL, LARGE]) {
      const [rows, columns] = cells(set);
      expect(picture('bound.svg'), again).toContain(`of ${(rows * columns).toLocaleString('en')} cells`);
      expect(picture('bound.svg'), again).toContain(`of ${set.N.toLocaleString('en')} items`);
    }
  });
});
