/** @file A gallery whose server is killed keeps what was acknowledged. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('a gallery that is killed at random moments under writes holds what was acknowledged', { timeout: 120_000 }, () => {
  const script = join(import.meta.dirname, 'kills.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--kills', '6', '--seed', '2'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/6 kills .*: 0 failures/);
  expect(status).toBe(0);
});
