/** @file OpenAPI 3.1 made from the routes' schemas, and a page that shows it: /openapi.json and /docs. */

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { bulkFormSchema, formSchema } from '../schemas/forms.ts';
import { itemLineSchema } from '../schemas/items.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bodies beside JSON, for the document: their parsers check them. */
    takes?: readonly ('image' | 'form' | 'items' | 'tar')[];
  }
}

const BINARY = { type: 'string', format: 'binary' } as const;

const TAKES = {
  image: { 'image/*': { schema: { description: 'An image file.', ...BINARY } } },
  form: { 'multipart/form-data': { schema: formSchema } },
  items: { 'application/x-ndjson': { schema: itemLineSchema } },
  tar: { 'application/x-tar': { schema: bulkFormSchema } },
} as const;

/** Registers both; before the routes, whose schemas it collects. */
export async function addOpenApi(app: FastifyInstance, version: string, hasKeys: boolean): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'DQN retrieval server',
        description:
          'Image retrieval by deep quantization: search a gallery by image, vector or item, and change it meanwhile.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'search', description: 'Images and vectors → hits and codes' },
        { name: 'items', description: 'The gallery, while it is searched' },
        { name: 'operations', description: 'Health, numbers, what is served' },
      ],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, dqn_….' } } },
    },
    hideUntagged: true,
    transform({ schema, url, route }) {
      const { takes = [], role = 'read' } = route.config ?? {};
      // @fastify/swagger knows no body that only the document has.
      const body = schema?.body as { content?: object } | undefined;
      const content = Object.assign({}, body?.content, ...takes.map((name) => TAKES[name]));
      const documented = {
        ...schema,
        ...(Object.keys(content).length > 0 && { body: { content } }),
        ...(hasKeys && role !== 'open' && { security: [{ key: [] }] }),
      } as FastifySchema;
      return { schema: documented, url };
    },
  });
  app.get('/openapi.json', { config: { role: 'open' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(app.swagger()),
  );
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, role: 'open' };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { docExpansion: 'list', deepLinking: false },
      theme: {
        title: 'DQN retrieval server',
        // Without the bar of the tool that draws it.
        css: [{ filename: 'plain.css', content: '.swagger-ui .topbar { display: none; }' }],
      },
      // Its style sheets and pictures are its own; nothing comes from elsewhere.
      staticCSP:
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    });
  });
}
