import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesSource, openGallery } from '@dqn/format';
import { smallGallery, smallModel } from '@dqn/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchBytes } from './fetch.ts';
import { httpSource } from './http-source.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

/** A server that knows ranges; `asked` collects them. */
function ranged(file: () => Uint8Array, asked: string[] = [], etag = () => '"1"') {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const bytes = file();
    const [, from, to] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
    asked.push(`${from}-${to}`);
    const end = Math.min(Number(to), bytes.length - 1);
    response.writeHead(206, { 'content-range': `bytes ${from}-${end}/${bytes.length}`, etag: etag() });
    response.end(bytes.subarray(Number(from), end + 1));
  };
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 251);

describe('a file on a server', () => {
  it('is read by the ranges that are asked for, its beginning only once', async () => {
    const file = pattern(300_000);
    const asked: string[] = [];
    const source = await httpSource(await serve(ranged(() => file, asked)));
    expect(source.size).toBe(300_000);
    expect(source.ranges).toBe(true);
    expect(await source.read(10, 90)).toEqual(file.slice(10, 100));
    expect(await source.read(200_000, 5)).toEqual(file.slice(200_000, 200_005));
    expect(await source.read(299_990, 50)).toEqual(file.slice(299_990));
    expect(asked).toEqual(['0-65535', '200000-200004', '299990-299999']);
    expect(source.transferred).toBe(65_536 + 5 + 10);
  });

  it('is taken whole where the server ignores ranges, and counted while it arrives', async () => {
    const file = pattern(200_000);
    const steps: [number, number][] = [];
    const url = await serve((_, response) => response.setHeader('content-length', file.length).end(file));
    const source = await httpSource(url, { onBytes: (loaded, total) => steps.push([loaded, total]) });
    expect(source.ranges).toBe(false);
    expect(source.size).toBe(200_000);
    expect(await source.read(150_000, 10)).toEqual(file.slice(150_000, 150_010));
    expect(steps.at(-1)).toEqual([200_000, 200_000]);
  });

  it('opens as a gallery like the bytes themselves', async () => {
    const small = await smallModel();
    const bytes = smallGallery(
      small,
      Float32Array.from({ length: 32 * 3000 }, (_, i) => Math.sin(i)),
    );
    const over = await openGallery(await httpSource(await serve(ranged(() => bytes))));
    const direct = await openGallery(bytesSource(bytes));
    expect(over.meta).toEqual(direct.meta);
    expect(Buffer.from(await over.codes()).equals(await direct.codes())).toBe(true);
    expect((await over.ids()).join()).toBe((await direct.ids()).join());
  });

  it('must not change while it is open', async () => {
    let version = 1;
    const url = await serve(
      ranged(
        () => pattern(200_000),
        [],
        () => `"${version}"`,
      ),
    );
    const source = await httpSource(url);
    version = 2;
    await expect(source.read(100_000, 10)).rejects.toMatchObject({ name: 'EdgeError', code: 'FILE_CHANGED' });
  });

  it('fails with its address where it is missing, breaks off, or the server is gone', async () => {
    const missing = await serve((_, response) => response.writeHead(404).end());
    await expect(httpSource(missing)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining(`${missing}: the server answered 404`),
    });
    server?.close();
    const broken = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write(new Uint8Array(100), () => response.destroy());
    });
    await expect(fetchBytes(broken)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    await expect(fetchBytes(broken)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining("can't be reached"),
    });
  });

  it('is left when the signal says so', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write(new Uint8Array(100));
    });
    const controller = new AbortController();
    const work = fetchBytes(url, { signal: controller.signal, onBytes: () => controller.abort(new Error('enough')) });
    await expect(work).rejects.toThrow('enough');
  });
});
