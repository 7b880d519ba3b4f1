import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './projects.ts';

it('the API reference is what the docstrings say', () => {
  expect(() => execFileSync(process.execPath, [join(ROOT, 'scripts/api.mjs'), '--check'])).not.toThrow();
});

it('every link of the documentation leads somewhere', () => {
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
      if (anchor) expect(anchors(readFileSync(target, 'utf8')), `${page}: ${link}`).toContain(anchor);
    }
  }
});
