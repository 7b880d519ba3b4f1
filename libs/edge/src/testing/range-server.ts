/** @file A web server for tests, which can be told to misbehave. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of some files. */
export interface RangeServer extends AsyncDisposable {
  /** Ends in a slash. */
  readonly url: string;
  /** By path without the leading slash. */
  readonly files: Map<string, Uint8Array>;
  /** What has been asked for, as `GET model.onnx 0-99 → 206 100`. */
  readonly asked: string[];
  /** Bytes of bodies that have been sent. */
  sent: number;
  /** Whether ranges and ETags are given. */
  ranges: boolean;
  etags: boolean;
  /** Bytes after which a body breaks off, once each; what is left of them. */
  breaks: number[];
  /** Answers instead, where it returns true. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Whether it can be reached. */
  down(): Promise<void>;
}

/** Starts one on a free port. */
export async function rangeServer(files: Record<string, Uint8Array> = {}): Promise<RangeServer> {
  const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const self: RangeServer = {
    url: `http://127.0.0.1:${port}/`,
    files: new Map(Object.entries(files)),
    asked: [],
    sent: 0,
    ranges: true,
    etags: true,
    breaks: [],
    instead: undefined,
    down: () => stop(server),
    [Symbol.asyncDispose]: () => stop(server),
  };
  return self;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (self.instead?.(request, response)) return;
    const name = (request.url ?? '').slice(1);
    const bytes = self.files.get(name);
    const say = (status: number, length: number, range = '') =>
      self.asked.push(`${name}${range} → ${status}${length ? ` ${length}` : ''}`);
    if (!bytes) {
      say(404, 0);
      response.writeHead(404).end();
      return;
    }
    const etag = etagOf(bytes);
    const headers: Record<string, string | number> = self.etags ? { etag } : {};
    if (self.etags && request.headers['if-none-match'] === etag) {
      say(304, 0);
      response.writeHead(304, headers).end();
      return;
    }
    const [, from, to] = (self.ranges && request.headers.range?.match(/^bytes=(\d+)-(\d+)$/)) || [];
    const isRange = from !== undefined && (request.headers['if-range'] ?? etag) === etag;
    const start = isRange ? Number(from) : 0;
    const body = isRange ? bytes.subarray(start, Number(to) + 1) : bytes;
    if (isRange) headers['content-range'] = `bytes ${start}-${start + body.length - 1}/${bytes.length}`;
    say(isRange ? 206 : 200, body.length, isRange ? ` ${start}-${start + body.length - 1}` : '');
    response.writeHead(isRange ? 206 : 200, { ...headers, 'content-length': body.length });
    const broken = self.breaks.shift();
    if (broken !== undefined && broken < body.length) {
      self.sent += broken;
      response.write(body.subarray(0, broken), () => setTimeout(() => response.destroy(), 20));
      return;
    }
    self.sent += body.length;
    response.end(body);
  }
}

const etags = new WeakMap<Uint8Array, string>();

/** What a server calls a file: it follows from the bytes. */
export function etagOf(bytes: Uint8Array): string {
  if (!etags.has(bytes)) etags.set(bytes, `"${createHash('sha1').update(bytes).digest('hex')}"`);
  return etags.get(bytes)!;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
