/** @file A run through the queue comes out whole, although everything around it is killed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clusterIsMissing } from './cluster.mjs';

it.skipIf(clusterIsMissing('the queue under faults'))(
  'workers, Redis and the gallery are killed under a run, and each picture is there once, with the codes of dqn index',
  { timeout: 300_000 },
  () => {
    const script = join(import.meta.dirname, 'queue-faults.mjs');
    const args = ['--pictures', '240', '--batch', '4', '--kills', '3', '--seed', '2'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      encoding: 'utf8',
      timeout: 280_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/3 kills .*: 0 differences, 0 in the list/);
    expect(status).toBe(0);
  },
);
