/** @file The README's figures are those that were kept. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renew } from './figures.mjs';

describe('README.md', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

  it('has the figures of docs/figures: node tools/figures.mjs', () => {
    expect(renew(text)).toBe(text);
  });

  it('is made anew where it says something else, and must have its marks', () => {
    const changed = text.replace(/\*\*\.\d{3}\*\*/, '**.999**');
    expect(changed).not.toBe(text);
    expect(renew(changed)).toBe(text);
    expect(() => renew('# nothing')).toThrow(/lacks <!-- figures/);
  });
});
