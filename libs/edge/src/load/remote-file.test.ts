import { gzipSync } from 'node:zlib';
import { bytesSource, openGallery } from '@dqn/format';
import { smallGallery, smallModel } from '@dqn/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RangeServer, rangeServer } from '../testing/range-server.ts';
import { fetchBytes } from './fetch.ts';
import { RemoteFile } from './remote-file.ts';

let server: RangeServer;
let url: string;
beforeEach(async () => {
  server = await rangeServer();
  url = `${server.url}file`;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 251);
const open = async (): Promise<RemoteFile> => (await RemoteFile.open(url, {})) as RemoteFile;

describe('a file on a server', () => {
  it('is read by the ranges that are asked for, its beginning only once', async () => {
    const file = pattern(300_000);
    server.files.set('file', file);
    const source = await open();
    expect(source.size).toBe(300_000);
    expect(source.ranges).toBe(true);
    expect(await source.read(10, 90)).toEqual(file.slice(10, 100));
    expect(await source.read(200_000, 5)).toEqual(file.slice(200_000, 200_005));
    expect(await source.read(299_990, 50)).toEqual(file.slice(299_990));
    expect(server.asked).toEqual([
      'file 0-65535 → 206 65536',
      'file 200000-200004 → 206 5',
      'file 299990-299999 → 206 10',
    ]);
    expect(source.transferred).toBe(65_536 + 5 + 10);
  });

  it('without ranges is read while it arrives: what has come is there before the rest', async () => {
    const file = pattern(200_000);
    let rest = (): void => {};
    server.instead = (_, response) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 100_000));
      rest = () => response.end(file.subarray(100_000));
      return true;
    };
    const source = await open();
    expect(source.ranges).toBe(false);
    expect(source.size).toBe(200_000);
    expect(await source.read(90_000, 10)).toEqual(file.slice(90_000, 90_010));
    const later = source.read(150_000, 10);
    rest();
    expect(await later).toEqual(file.slice(150_000, 150_010));
  });

  it('without ranges and without a length is taken whole', async () => {
    const file = pattern(100_000);
    server.instead = (_, response) => {
      response.write(file.subarray(0, 50_000));
      response.end(file.subarray(50_000));
      return true;
    };
    const source = await open();
    expect(source.size).toBe(100_000);
    expect(await source.read(99_990, 10)).toEqual(file.slice(99_990));
  });

  it('known from before, without ranges and compressed, is read once all of it has come', async () => {
    const file = pattern(100_000);
    const packed = gzipSync(file);
    const whole = { size: file.length, version: '"1"' };
    let rest = (): void => {};
    server.instead = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length, etag: whole.version });
      response.write(packed.subarray(0, packed.length - 1));
      rest = () => response.end(packed.subarray(packed.length - 1));
      return true;
    };
    const known = RemoteFile.of(url, {}, whole);
    const early = known.read(10, 90);
    await expect.poll(() => known.transferred).toBeGreaterThan(100);
    rest();
    expect(await early).toEqual(file.slice(10, 100));
    expect(await known.read(99_990, 10)).toEqual(file.slice(99_990));
  });

  it('opens as a gallery like the bytes themselves', async () => {
    const small = await smallModel();
    const bytes = smallGallery(
      small,
      Float32Array.from({ length: 32 * 3000 }, (_, i) => Math.sin(i)),
    );
    server.files.set('file', bytes);
    for (const ranges of [true, false]) {
      server.ranges = ranges;
      const over = await openGallery(await open());
      const direct = await openGallery(bytesSource(bytes));
      expect(over.meta).toEqual(direct.meta);
      expect(Buffer.from(await over.codes()).equals(await direct.codes())).toBe(true);
      expect((await over.ids()).join()).toBe((await direct.ids()).join());
    }
  });

  it('must not change while it is open', async () => {
    server.files.set('file', pattern(200_000));
    const source = await open();
    server.files.set('file', pattern(200_001));
    await expect(source.read(100_000, 10)).rejects.toMatchObject({ name: 'EdgeError', code: 'FILE_CHANGED' });
  });

  it('is the same still, or another, where it is known from before', async () => {
    server.files.set('file', pattern(200_000));
    const { size, version } = await open();
    expect(await RemoteFile.open(url, {}, { size, version })).toBe('unchanged');
    server.files.set('file', pattern(200_001));
    expect(await RemoteFile.open(url, {}, { size, version })).toMatchObject({ size: 200_001 });
    server.files.set('file', pattern(200_000));
    const known = RemoteFile.of(url, {}, { size, version });
    expect(await known.read(70_000, 3)).toEqual(pattern(200_000).slice(70_000, 70_003));
    server.ranges = false;
    expect(await known.read(70_000, 3)).toEqual(pattern(200_000).slice(70_000, 70_003));
  });

  it('of another origin that tells no size is taken without ranges', async () => {
    const file = pattern(100_000);
    const asked: (string | undefined)[] = [];
    server.instead = (request, response) => {
      asked.push(request.headers.range);
      const body = request.headers.range ? file.subarray(0, 65_536) : file;
      response.writeHead(request.headers.range ? 206 : 200, { 'content-length': body.length }).end(body);
      return true;
    };
    const source = await open();
    expect(source.size).toBe(100_000);
    expect(await source.read(90_000, 10)).toEqual(file.slice(90_000, 90_010));
    expect(asked).toEqual(['bytes=0-65535', undefined]);
  });

  it('fails with its address where it is missing, breaks off, or the server is gone', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining(`${url}: the server answered 404`),
    });
    server.files.set('file', pattern(1000));
    server.etags = false;
    server.breaks = [100];
    await expect(fetchBytes(url)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    server.breaks = [100];
    server.ranges = false;
    const whole = await open();
    await expect(whole.read(500, 10)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    await server.down();
    await expect(fetchBytes(url)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining("can't be reached"),
    });
  });
});

describe('a whole file', () => {
  it('is taken up again where the connection breaks, as often as needed within reason', async () => {
    const file = pattern(10_000);
    server.files.set('file', file);
    server.breaks = [4000, 3000];
    const steps: [number, number][] = [];
    const bytes = await fetchBytes(url, { onBytes: (loaded, total) => steps.push([loaded, total]) });
    expect(Buffer.from(bytes).equals(file)).toBe(true);
    expect(server.asked).toEqual(['file → 200 10000', 'file 4000-9999 → 206 6000', 'file 7000-9999 → 206 3000']);
    expect(steps.at(-1)).toEqual([10_000, 10_000]);
  });

  it('that became another meanwhile is not pieced together', async () => {
    server.files.set('file', pattern(10_000));
    server.breaks = [4000];
    const work = fetchBytes(url, { onBytes: () => server.files.set('file', pattern(10_000).fill(1, 9000)) });
    await expect(work).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  });

  it('is asked for again where the server has too much to do, not without end', async () => {
    const file = pattern(100);
    server.files.set('file', file);
    let refusals = 1;
    server.instead = (_, response) => {
      if (refusals-- <= 0) return false;
      response.writeHead(503).end();
      return true;
    };
    expect(Buffer.from(await fetchBytes(url)).equals(file)).toBe(true);
    refusals = 100;
    await expect(fetchBytes(url)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining(`${url}: the server answered 503`),
    });
    refusals = 100;
    await expect(RemoteFile.open(url, {}, { size: 100, version: '"a"' })).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
    expect(refusals).toBe(99);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(fetchBytes(url, { signal: controller.signal })).rejects.toThrow('enough');
  }, 20_000);

  it('is left when the signal says so', async () => {
    server.instead = (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write(new Uint8Array(100));
      return true;
    };
    const controller = new AbortController();
    const work = fetchBytes(url, { signal: controller.signal, onBytes: () => controller.abort(new Error('enough')) });
    await expect(work).rejects.toThrow('enough');
  });
});
