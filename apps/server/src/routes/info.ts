/** @file What is served, whether it lives, whether it is ready, and its numbers. */

import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../http/metrics.ts';
import { healthSchema, infoSchema, readySchema } from '../schemas/info.ts';
import { type Context, problems } from './context.ts';

/** What is ready, and what isn't. */
export interface Readiness {
  readonly ready: boolean;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

interface InfoOptions extends Context {
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  readonly version: string;
}

/** Registers GET /v1/info, /healthz, /readyz and /metrics. */
export async function infoRoutes(app: FastifyInstance, options: InfoOptions): Promise<void> {
  const { retriever, limits, readiness, metrics, version } = options;

  app.get(
    '/healthz',
    {
      config: { role: 'open', always: true },
      schema: {
        operationId: 'health',
        summary: 'Whether the process answers',
        tags: ['operations'],
        response: { 200: healthSchema },
      },
    },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      config: { role: 'open', always: true },
      schema: {
        operationId: 'ready',
        summary: 'Whether it answers searches and takes writes',
        tags: ['operations'],
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      const { ready, problems } = readiness();
      return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', problems });
    },
  );

  app.get(
    '/v1/info',
    {
      schema: {
        operationId: 'info',
        summary: 'The model, the gallery, the runtime, the limits',
        tags: ['operations'],
        response: { 200: infoSchema, ...problems },
      },
    },
    async () => ({ version, ...retriever.info(), limits }),
  );

  app.get(
    '/metrics',
    {
      config: { always: true },
      schema: {
        operationId: 'metrics',
        summary: 'Numbers for Prometheus',
        tags: ['operations'],
        response: {
          200: { description: 'Text.', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...problems,
        },
      },
    },
    async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
