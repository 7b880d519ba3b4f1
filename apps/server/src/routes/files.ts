/** @file The page, the model's files and the gallery, for browsers that search by themselves. */

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODEL_FILES } from '@dqn/format';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Retriever } from '../retriever.ts';

interface FileRouteOptions {
  readonly retriever: Retriever;
  readonly model: string;
  readonly gallery?: string | undefined;
  readonly webRoot?: string | null;
}

/** Where `vite build` of apps/web puts the page: the same place seen from src and from dist. */
const WEB_ROOT = fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** Bundled files carry a hash in their name, everything else may change under its name. */
const FOREVER = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/** Registers /, /model/{file} and /gallery; files are sent by ranges where the client asks for one. */
export async function fileRoutes(app: FastifyInstance, options: FileRouteOptions): Promise<void> {
  const model = resolve(options.model);
  const webRoot = options.webRoot === undefined ? WEB_ROOT : options.webRoot;
  const page = webRoot !== null && existsSync(join(webRoot, 'index.html')) ? resolve(webRoot) : undefined;

  // The page is for everybody: it holds nothing; what it asks for needs a key where there are keys.
  app.addHook('onRoute', (route) => {
    if (route.url === '/' || route.url === '/*') route.config = { ...route.config, role: 'open' };
  });
  await app.register(fastifyStatic, {
    root: page ?? model,
    serve: page !== undefined,
    wildcard: true,
    cacheControl: false,
    // A build writes its files compressed beside them: ONNX Runtime is a fifth of its size then.
    preCompressed: page !== undefined,
    setHeaders(reply, path) {
      const hashed = page !== undefined && path.startsWith(join(page, 'assets'));
      reply.header('cache-control', hashed ? FOREVER : REVALIDATE);
    },
  });
  if (!page) {
    app.get('/', async () => {
      throw new ServerError('NOT_FOUND', 'The page is not built; run `npm run build`, then start the server again.');
    });
  }
  const names = new Set<string>(Object.values(MODEL_FILES));
  app.get<{ Params: { name: string } }>('/model/:name', async (request, reply) => {
    const { name } = request.params;
    if (!names.has(name)) throw new ServerError('NOT_FOUND', `A model folder has no ${JSON.stringify(name)}.`);
    return reply.sendFile(name, model);
  });
  /** Bytes of the journal when nothing was in it. */
  let empty = 0;
  /** Writes the journal into the gallery file, if there is anything in it; who asks meanwhile waits for the same. */
  const fold = async (): Promise<void> => {
    const { gallery: live } = options.retriever.info();
    // What failed is tried again by the store itself, and not by every reader.
    if (!live || live.trouble || live.compaction.failed) return;
    if (live.journal.items === 0 && live.journal.bytes === empty) return;
    try {
      await options.retriever.store.compact?.();
      empty = options.retriever.info().gallery?.journal.bytes ?? 0;
    } catch (error) {
      app.log.warn({ err: error }, 'the journal could not be written into the gallery file for a reader');
    }
  };
  app.get('/gallery', async (request, reply) => {
    if (options.gallery === undefined) {
      throw new ServerError(
        'NOT_FOUND',
        'A database keeps this gallery, and no file; GET /v1/snapshot makes one of it.',
      );
    }
    const gallery = resolve(options.gallery);
    // Whoever begins to read the file is to find in it what was written; ranges behind go on in the file that was begun.
    if (/^bytes=0*-|^(?!bytes)/.test(request.headers.range ?? '')) await fold();
    return reply.sendFile(basename(gallery), dirname(gallery));
  });
}
