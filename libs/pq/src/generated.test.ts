import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { KERNELS } from './generated/kernels.ts';

it('the generated kernels are what assembly/ gives', () => {
  const script = fileURLToPath(new URL('../scripts/kernels.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [script, '--check'])).not.toThrow();
});

it('all kernels together are at most 30 KB', () => {
  expect(Buffer.from(KERNELS, 'hex').length).toBeLessThanOrEqual(30_000);
});
