import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { readQueueAddress } from './address.ts';
import { openRedis } from './redis.ts';

it('gives up a server that takes the connection and never says a word', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const opening = openRedis(readQueueAddress(`redis://127.0.0.1:${port}`), undefined, 200);
    await expect(opening).rejects.toMatchObject({
      code: 'QUEUE_UNREACHABLE',
      message: expect.stringContaining('no answer within 0.2 s'),
    });
    expect(sockets).toHaveLength(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
