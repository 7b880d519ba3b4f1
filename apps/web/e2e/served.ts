/** @file The built page behind a real service with a small gallery: what most tests of the page begin with. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetriever, type Retriever, startServer } from '@dqn/server';
import { type SmallService, smallService, toPng } from '@dqn/server/testing';
import { buildPage } from './build.ts';

/** A service that can be away for a while. */
export interface Served {
  readonly folder: string;
  /** The built page. */
  readonly webRoot: string;
  readonly small: SmallService;
  readonly retriever: Retriever;
  readonly url: string;
  /** A picture of the gallery as a file, and the ids that the server finds for it. */
  readonly png: Buffer;
  readonly expected: readonly string[];
  /** Closes the port, as if the network were gone. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Builds the page, or the harness, and serves it beside a gallery of 90 pictures. */
export async function servePage(page: 'page' | 'harness' = 'page'): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'dqn-page-'));
  const webRoot = join(folder, 'web');
  const [small] = await Promise.all([smallService(folder, { count: 90 }), buildPage(webRoot, page)]);
  const { model, gallery } = small;
  const retriever = await createRetriever({ model, gallery, provider: 'cpu', threads: 1 });
  const png = await toPng(small.pictures[17]);
  const { hits } = await retriever.search(png, { k: 24 });
  // Other tests on the same cores are no overload.
  const listen = (port: number) => startServer({ retriever, model, gallery, webRoot, port, limits: { lag: 60_000 } });
  let server: Awaited<ReturnType<typeof listen>> | undefined = await listen(0);
  const { url, port } = server;
  const stop = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  return {
    ...{ folder, webRoot, small, retriever, url, png, stop },
    expected: hits.map(({ id }) => String(id)),
    async start() {
      server ??= await listen(port);
    },
    async close() {
      await stop();
      await retriever.close();
      await small.reference.close();
      await rm(folder, { recursive: true });
    },
  };
}
