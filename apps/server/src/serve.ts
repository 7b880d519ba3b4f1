/** @file Listening, and stopping without breaking off what was begun. */

import type { AddressInfo } from 'node:net';
import { type AppOptions, createApp, FAREWELL_MS } from './app.ts';
import { ServerError } from './errors.ts';
import { checkHost } from './http/guard.ts';

/** The service and its address. */
export interface ServeOptions extends AppOptions {
  /** Default 127.0.0.1: only this machine. One that others reach needs keys, or a gallery that is only read. */
  readonly host?: string;
  /** Default 7007; 0 takes any free port. */
  readonly port?: number;
  /** Milliseconds that requests under way have to end when it is closed; default 30,000. */
  readonly grace?: number;
}

/** A listening service. */
export interface RunningServer {
  /** With the real port, such as http://127.0.0.1:7007/. */
  readonly url: string;
  readonly port: number;
  /** Lets requests under way end, then stops; the retriever stays open. A second call waits for the first. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the HTTP service.
 *
 * @throws ServerError `PORT_IN_USE`, `LISTEN_FAILED`, `BAD_CONFIG` for an address that lets anybody write
 * @example
 * const server = await startServer({ retriever, model: 'model', gallery: 'emoji.gallery', port: 0 });
 * console.log(server.url);
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 7007, grace = 30_000, keys = [], retriever } = options;
  const takesWrites = retriever.info().gallery !== null && retriever.info().gallery?.trouble?.code !== 'READ_ONLY';
  checkHost(host, keys, takesWrites);
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
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const timer = setTimeout(() => app.server.closeAllConnections(), grace + FAREWELL_MS);
      await app.close();
      clearTimeout(timer);
    })();
    return closing;
  };
  return { url: `http://${name}:${address.port}/`, port: address.port, close, [Symbol.asyncDispose]: close };
}
