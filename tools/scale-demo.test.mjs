/** @file The demonstration of a gallery over two shards, on a few pictures: it checks itself. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { picture } from './bench/made-model.mjs';
import { clusterIsMissing } from './cluster.mjs';

describe.skipIf(clusterIsMissing('the demonstration of a cluster'))('two shards, a queue and a service', () => {
  it('answer as the local gallery does, whatever was killed', { timeout: 180_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dqn-demo-pictures-'));
    const random = createRandom(1);
    for (let i = 0; i < 300; i++) await writeFile(join(folder, `${i}.png`), await picture(32, random));
    const script = join(import.meta.dirname, 'scale-demo.mjs');
    const args = [script, '--data', folder, '--queries', '20', '--k', '30'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 170_000 });
    await rm(folder, { recursive: true });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/the top 30 of 20 queries: 0 differ/);
    expect(stdout).toMatch(/a shard is killed: 503 SHARD_DOWN/);
    expect(stdout).toMatch(/\n0 failures\n$/);
    expect(status).toBe(0);
  });
});
