/** @file The demonstration of a gallery over two shards, on a few pictures: it checks itself. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { galleryChunks, sha256Hex } from '@dqn/format';
import { createIndex, createRandom, lookupTable, scan } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { picture } from './bench/made-model.mjs';
import { codebookOf } from './bench/scale/tables.mjs';
import { clusterIsMissing } from './cluster.mjs';
import { openReference } from './scale/reference.mjs';

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

describe('what a search has to find', () => {
  it('is read out of a gallery in whichever order its index keeps the codes', async () => {
    const [M, K, D, N] = [2, 16, 8, 300];
    const random = createRandom(2);
    const codewords = Float32Array.from({ length: K * D }, () => random.normal());
    const { codebook, codebookFile } = codebookOf({ codebook: { M, K, D, codewords } });
    const codes = Uint8Array.from({ length: N * M }, () => random.integer(K));
    const index = await createIndex({ codebook, codes, structure: 'multi-index' });
    const items = Array.from({ length: N }, (_, row) => ({ id: String(row).padStart(3, '0'), labels: [] }));
    const facts = { codebookSha256: sha256Hex(codebookFile), M, K, classes: [], thumbnailType: 'image/webp' };
    const folder = await mkdtemp(join(tmpdir(), 'dqn-reference-'));
    const path = join(folder, 'a.gallery');
    await writeFile(path, galleryChunks({ ...facts, items, image: await index.image() }));
    const reference = await openReference(path, codebookFile);
    await rm(folder, { recursive: true });
    expect(Buffer.from([...reference.codes.values()].flatMap((code) => [...code]))).toEqual(Buffer.from(codes));
    const table = lookupTable(codebook, codewords.subarray(0, D), 'aqd');
    const { rows, distances } = scan(codes, table, { M, K, k: 10 });
    const found = reference.nearest(codewords.subarray(0, D), 10);
    expect(found).toEqual([...rows].map((row, i) => ({ id: items[row].id, distance: distances[i] })));
  });
});
