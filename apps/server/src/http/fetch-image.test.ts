import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchImage } from './fetch-image.ts';

type Answer = (request: IncomingMessage, reply: ServerResponse) => void;

async function listen(answer: Answer): Promise<{ origin: string; server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

let images: Awaited<ReturnType<typeof listen>>;
let inside: Awaited<ReturnType<typeof listen>>;
let asked: string[] = [];
beforeAll(async () => {
  inside = await listen((request, reply) => {
    asked.push(`inside ${request.url}`);
    reply.end('secret');
  });
  images = await listen((request, reply) => {
    asked.push(request.url!);
    const to = (location: string) => reply.writeHead(302, { location }).end();
    if (request.url === '/a.png') reply.end('image');
    else if (request.url === '/moved') to('/a.png');
    else if (request.url === '/out') to(`${inside.origin}/secret`);
    else if (request.url === '/round') to('/round');
    else if (request.url === '/large') reply.end(Buffer.alloc(1001));
    else if (request.url === '/endless') reply.write('x');
    else if (request.url === '/broken') reply.writeHead(200, { 'content-length': 10 }).end('x', () => reply.destroy());
    else reply.writeHead(404).end();
  });
});
afterAll(() => {
  for (const { server } of [images, inside]) {
    server.closeAllConnections();
    server.close();
  }
});

const get = (path: string, signal?: AbortSignal) =>
  fetchImage(path.startsWith('/') ? `${images.origin}${path}` : path, { from: [images.origin], limit: 1000, signal });

describe('an image by its URL', () => {
  it('comes from an origin of the list, by redirections within the list, too', async () => {
    expect(Buffer.from(await get('/a.png')).toString()).toBe('image');
    expect(Buffer.from(await get('/moved')).toString()).toBe('image');
  });

  it('comes from nowhere else', async () => {
    asked = [];
    const { port } = new URL(images.origin);
    for (const url of [
      `${inside.origin}/secret`,
      `http://localhost:${port}/a.png`,
      `https://127.0.0.1:${port}/a.png`,
      `http://user:word@127.0.0.1:${port}/a.png`,
      `${images.origin}@evil.example/a.png`,
      'file:///etc/passwd',
      'data:image/png;base64,AAAA',
      'http://169.254.169.254/latest/meta-data',
    ]) {
      await expect(get(url)).rejects.toMatchObject({ code: 'URL_REFUSED' });
    }
    expect(asked).toEqual([]);
    await expect(get('/out')).rejects.toMatchObject({ code: 'URL_REFUSED' });
    expect(asked).toEqual(['/out']);
    await expect(get('no url')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('is refused where it is none, or too much', async () => {
    await expect(get('/none')).rejects.toMatchObject({ code: 'URL_FAILED', message: expect.stringContaining('404') });
    await expect(get('/round')).rejects.toMatchObject({ code: 'URL_FAILED' });
    await expect(get('/large')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(get('/broken')).rejects.toMatchObject({ code: 'URL_FAILED' });
    await expect(get('/endless', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
