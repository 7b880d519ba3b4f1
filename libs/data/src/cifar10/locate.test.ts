import { createHash } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tar from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeTree } from '../testing/pictures.ts';
import { locateCifar10 } from './locate.ts';

let server: Server;
let url: string;
let archive: Buffer;
let md5: string;
const ranges: (string | undefined)[] = [];

beforeAll(async () => {
  const folder = await temporaryFolder();
  await writeTree(folder, {
    'cifar-10-batches-bin/data_batch_1.bin': new Uint8Array(5000).fill(7),
    'cifar-10-batches-bin/batches.meta.txt': 'x',
    'cifar-10-batches-bin/readme.html': 'not wanted',
    'elsewhere.txt': 'not wanted',
  });
  await tar.create({ file: join(folder, 'a.tgz'), cwd: folder, gzip: true }, ['cifar-10-batches-bin', 'elsewhere.txt']);
  archive = await readFile(join(folder, 'a.tgz'));
  md5 = createHash('md5').update(archive).digest('hex');
  server = createServer((request, response) => {
    const range = request.headers.range;
    ranges.push(range);
    if (request.url === '/missing') return response.writeHead(404).end();
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    if (from >= archive.length && range) return response.writeHead(416).end();
    return response
      .writeHead(range ? 206 : 200, { 'content-length': archive.length - from })
      .end(archive.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.tgz`;
});

afterAll(() => {
  server.close();
});

describe('CIFAR-10 that is not there', () => {
  it('is downloaded, checked, and unpacked: only what is needed, the archive removed', async () => {
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const stages = new Set<string>();
    const folder = await locateCifar10({
      root,
      cache,
      archive: { url, md5 },
      onProgress: ({ stage }) => stages.add(stage),
    });
    expect(folder).toBe(join(cache, 'cifar-10-batches-bin'));
    expect((await readFile(join(folder, 'data_batch_1.bin'))).length).toBe(5000);
    await expect(access(join(folder, 'readme.html'))).rejects.toThrow();
    await expect(access(join(cache, 'cifar-10-binary.tar.gz'))).rejects.toThrow();
    expect([...stages]).toEqual(['download', 'extract']);
    ranges.length = 0;
    await locateCifar10({ root, cache, archive: { url, md5 } });
    expect(ranges).toEqual([]);
  });

  it('goes on where an interrupted download stopped', async () => {
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(cache, 'cifar-10-binary.tar.gz.part'), archive.subarray(0, 100));
    ranges.length = 0;
    await locateCifar10({ root, cache, archive: { url, md5 } });
    expect(ranges).toEqual(['bytes=100-']);
  });

  it('starts afresh when what was left does not fit', async () => {
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(cache, 'cifar-10-binary.tar.gz.part'), new Uint8Array(100).fill(1));
    ranges.length = 0;
    await locateCifar10({ root, cache, archive: { url, md5 } });
    expect(ranges).toEqual(['bytes=100-', undefined]);
  });

  it('is refused when its hash is wrong, and nothing is left behind', async () => {
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const wrong = { url, md5: '0'.repeat(32) };
    await expect(locateCifar10({ root, cache, archive: wrong })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(access(join(cache, 'cifar-10-binary.tar.gz.part'))).rejects.toThrow();
    await expect(access(join(cache, 'cifar-10-batches-bin'))).rejects.toThrow();
  });

  it('says where it looked when the address does not answer', async () => {
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const missing = { url: url.replace('/a.tgz', '/missing'), md5 };
    await expect(locateCifar10({ root, cache, archive: missing })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/404.*DQN_DATA/),
    });
    const closed = { url: 'http://127.0.0.1:1/a.tgz', md5 };
    await expect(locateCifar10({ root, cache, archive: closed })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining(root),
    });
  });
});
