import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'interruptions.mjs');

it('a training killed at random moments is gone on with to the same bytes', { timeout: 600_000 }, () => {
  const args = [SCRIPT, '--moments', '3', '--kinds', 'tail', '--seed', '3'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/the same bytes\n.*: 0 failures/);
  expect(status).toBe(0);
});
