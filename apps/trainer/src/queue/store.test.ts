import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILES } from '@dqn/format';
import { openModel } from '@dqn/runtime';
import { nodeSession, smallModel } from '@dqn/runtime/testing';
import { ServerError } from '@dqn/server';
import { describe, expect, it } from 'vitest';
import { clusterIsMissing, startCluster } from '../../../../tools/cluster.mjs';
import { temporaryFolder } from '../testing/model.ts';
import { isPassing, openSink } from './store.ts';

/** The same codebook, with a field of number 1000 in its payload: as in codebook.proto, around which is a checksum. */
function withMore(file: Uint8Array): Uint8Array {
  const magic = 'dqn.codebook';
  // Magic 2 + 12 bytes, version 2, checksum 2 + 32, and the payload's tag and length of two bytes.
  const payload = Buffer.concat([file.subarray(53), Uint8Array.of(0xc0, 0x3e, 0x01)]);
  const checksum = createHash('sha256')
    .update(magic)
    .update(Uint8Array.of(1, 0, 0, 0))
    .update(payload)
    .digest();
  const length = Uint8Array.of((payload.length & 0x7f) | 0x80, payload.length >> 7);
  return new Uint8Array(Buffer.concat([file.subarray(0, 18), checksum, file.subarray(50, 51), length, payload]));
}

/** As a service says it. */
const refusal = (status: number, code = '') => Object.assign(new Error(), { status, code });

it('waits for what passes by itself, and for nothing that somebody has to mend', () => {
  for (const status of [408, 429, 502, 503, 504]) expect(isPassing(refusal(status)), String(status)).toBe(true);
  for (const status of [400, 401, 404, 413, 500, 501]) expect(isPassing(refusal(status)), String(status)).toBe(false);
  expect(isPassing(refusal(0, 'UNREACHABLE'))).toBe(true);
  expect(isPassing(new ServerError('SHARD_DOWN', ''))).toBe(true);
  expect(isPassing(new ServerError('STORE_DENIED', ''))).toBe(false);
  expect(isPassing(refusal(500, 'STORE_DENIED'))).toBe(false);
});

describe.skipIf(clusterIsMissing('a gallery that a worker begins'))('a gallery that a worker begins', () => {
  it('keeps a codebook.pb that has more in it than this version would write', async () => {
    const { bytes } = await smallModel();
    const codebook = withMore(bytes.codebook);
    const folder = await temporaryFolder();
    await writeFile(join(folder, MODEL_FILES.codebook), codebook);
    const model = await openModel({ ...bytes, codebook }, { createSession: nodeSession });
    await using cluster = await startCluster({ shards: 1, redis: false });
    const sink = await openSink(`${cluster.shards[0].url.replace('http:', 'clickhouse:')}/begun`, model, folder);
    await sink.put([{ id: 'a', code: new Uint8Array(model.codebook.M), labels: [] }]);
    await sink.close();
    await model.close();
  });
});
