/** @file A proxy that a browser sends everything through: what passed, and what would have gone elsewhere. */

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of the browser, whichever part of it asked. */
export interface Passed {
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  /** What it sent. */
  readonly body: Buffer;
  /** Bytes of the answer as they went over the line, without headers; final once it has ended. */
  received: number;
}

/** A recording proxy. */
export interface Recorder {
  /** Arguments that make Chromium send everything through it, its own address included. */
  readonly args: readonly string[];
  /** What was asked, in order. A tunnel (anything by TLS) is refused and stands here as CONNECT. */
  readonly passed: Passed[];
  close(): Promise<void>;
}

/** Starts one. It reaches addresses of this machine alone; anything else is answered with 502, and recorded. */
export async function startRecorder(): Promise<Recorder> {
  const passed: Passed[] = [];
  const server = createServer((incoming, reply) => void relay(incoming, reply, passed));
  server.on('connect', (incoming, socket) => {
    passed.push({ ...described(incoming), body: Buffer.alloc(0), received: 0 });
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    args: [`--proxy-server=http://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'],
    passed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function relay(incoming: IncomingMessage, reply: ServerResponse, passed: Passed[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const record: Passed = { ...described(incoming), body: Buffer.concat(chunks), received: 0 };
  passed.push(record);
  const { hostname, port, pathname, search } = new URL(record.url);
  if (hostname !== '127.0.0.1') {
    reply.writeHead(502).end();
    return;
  }
  const { method, headers } = incoming;
  const onwards = request({ hostname, port, path: pathname + search, method, headers }, (answer) => {
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('data', (chunk: Buffer) => {
      record.received += chunk.length;
    });
    answer.pipe(reply);
    answer.on('error', () => reply.destroy());
  });
  onwards.on('error', () => reply.destroy());
  reply.on('close', () => onwards.destroy());
  onwards.end(record.body);
}

function described({ method = '', url = '', rawHeaders }: IncomingMessage) {
  return { method, url, headers: rawHeaders.join('\n') };
}
