/** @file Listening. */

import type { AddressInfo } from 'node:net';
import { type AppOptions, createApp } from './app.ts';
import { ServerError } from './errors.ts';

/** The service and its address. */
export interface ServeOptions extends AppOptions {
  /** Default 127.0.0.1: only this machine. There is no login, so another address is a decision. */
  readonly host?: string;
  /** Default 8080; 0 takes any free port. */
  readonly port?: number;
}

/** A listening service. */
export interface RunningServer {
  /** With the real port, such as http://127.0.0.1:8080/. */
  readonly url: string;
  readonly port: number;
  /** Lets requests under way end, then stops; the retriever stays open. A second call does nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the HTTP service.
 *
 * @throws ServerError `PORT_IN_USE`, `LISTEN_FAILED`
 * @example
 * const server = await startServer({ retriever, model: 'model', gallery: 'emoji.gallery', port: 0 });
 * console.log(server.url);
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8080 } = options;
  const app = await createApp(options);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ServerError(
        'PORT_IN_USE',
        `Another program listens at ${host}:${port}; stop it or choose another port (0 takes any free one).`,
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('LISTEN_FAILED', `Can't listen at ${host}:${port}: ${reason}.`, { cause });
  }
  const address = app.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const close = async (): Promise<void> => {
    await app.close();
  };
  return { url: `http://${name}:${address.port}/`, port: address.port, close, [Symbol.asyncDispose]: close };
}
