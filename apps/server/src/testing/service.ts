/** @file A service over a small model and gallery, without a port, for tests of its routes. */

import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type AppOptions, createApp } from '../app.ts';
import { createRetriever } from '../create-retriever.ts';
import type { Retriever } from '../retriever.ts';
import { type SmallService, smallService, toPng } from './index.ts';

/** A service, and what it is over. */
export interface TestService {
  readonly folder: string;
  readonly small: SmallService;
  readonly retriever: Retriever;
  readonly app: FastifyInstance;
  /** A picture of the gallery as a file: that of row 3. */
  readonly png: Buffer;
  /** Another app over the same retriever. */
  again(options: Partial<AppOptions>): Promise<FastifyInstance>;
  close(): Promise<void>;
}

/** Opens one; close it. */
export async function openService(
  options: Partial<AppOptions> & { readonly readOnly?: boolean } = {},
): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'dqn-service-'));
  const small = await smallService(folder);
  const gallery = join(folder, 'live.gallery');
  await copyFile(small.gallery, gallery);
  const { readOnly, ...rest } = options;
  const retriever = await createRetriever({ model: small.model, gallery, provider: 'cpu', threads: 1, readOnly });
  const again = (more: Partial<AppOptions>): Promise<FastifyInstance> =>
    createApp({
      retriever,
      model: small.model,
      gallery,
      webRoot: null,
      ...more,
      // A machine that is busy with other tests is no overload.
      limits: { lag: 60_000, ...more.limits },
    });
  const app = await again(rest);
  return {
    folder,
    small,
    retriever,
    app,
    png: await toPng(small.pictures[3]),
    again,
    async close() {
      await app.close();
      await retriever.close();
      await small.reference.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A form of fields and files, and its content type. */
export function toForm(parts: readonly (readonly [name: string, value: string | Buffer])[]): [Buffer, string] {
  const boundary = 'x-boundary';
  const chunks = parts.flatMap(([name, value]) => {
    const file = typeof value === 'string' ? '' : '; filename="q.png"\r\ncontent-type: image/png';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return [Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]), `multipart/form-data; boundary=${boundary}`];
}
