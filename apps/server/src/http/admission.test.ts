import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../serve.ts';
import { stubRetriever } from '../testing/stub.ts';

it('counts no request whose connection has ended, though it waited behind others of it', async () => {
  const limits = { requests: 8, lag: 60_000 };
  const retriever = stubRetriever({ get: () => new Promise(() => {}) });
  await using server = await startServer({
    retriever,
    model: '.',
    gallery: '.',
    webRoot: null,
    port: 0,
    limits,
    grace: 1,
  });
  const status = async () => (await fetch(`${server.url}v1/info`)).status;
  for (let i = 0; i < 4; i++) {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    // The first one has no answer, and those behind it wait for theirs.
    socket.write(
      ['items/a', 'info', 'info', 'info', 'info'].map((path) => `GET /v1/${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''),
    );
    if (i === 0)
      await expect
        .poll(async () => (await (await fetch(`${server.url}metrics`)).text()).match(/in_flight (\d)/)?.[1])
        .toBe('5');
    else await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await expect.poll(status).toBe(200);
  }
  await expect
    .poll(async () => (await (await fetch(`${server.url}metrics`)).text()).match(/in_flight (\d)/)?.[1])
    .toBe('0');
});

it('lets go of one who does not read the answer', async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'dqn-web-'));
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '');
  await writeFile(join(webRoot, 'assets', 'large.js'), Buffer.alloc(2 ** 25));
  const limits = { time: 1500, lag: 60_000 };
  await using server = await startServer({
    retriever: stubRetriever(),
    model: '.',
    gallery: '.',
    webRoot,
    port: 0,
    limits,
  });
  const inFlight = async () => (await (await fetch(`${server.url}metrics`)).text()).match(/in_flight (\d)/)?.[1];
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write('GET /assets/large.js HTTP/1.1\r\nhost: a\r\n\r\n');
  await expect.poll(inFlight).toBe('1');
  await expect.poll(inFlight).toBe('0');
  socket.destroy();
  await rm(webRoot, { recursive: true });
});
