/** @file OpenTelemetry: a span for each request, where an exporter is set; else nothing of it is loaded. */

import { createRequire } from 'node:module';
import type { Context, Span } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's span, where traces are exported. */
    span: Span | undefined;
  }
}

/** Where spans go. */
export interface Tracing {
  /** Gives every request of the service a span. */
  watch(app: FastifyInstance): void;
  /** Sends what is left. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Sends spans to an OpenTelemetry collector as OTLP over HTTP.
 *
 * @param url such as http://localhost:4318/v1/traces
 */
export function createTracing(url: string): Tracing {
  // Their entries for bundlers import folders, which Node doesn't; those for require() do what they should everywhere.
  const load = createRequire(import.meta.url);
  const api = load('@opentelemetry/api') as typeof import('@opentelemetry/api');
  const { BasicTracerProvider, BatchSpanProcessor } = load(
    '@opentelemetry/sdk-trace-base',
  ) as typeof import('@opentelemetry/sdk-trace-base');
  const { OTLPTraceExporter } = load(
    '@opentelemetry/exporter-trace-otlp-http',
  ) as typeof import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = load('@opentelemetry/resources') as typeof import('@opentelemetry/resources');
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'dqn' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer('dqn');
  return {
    watch(app) {
      app.decorateRequest('span', undefined);
      app.addHook('onRequest', async (request) => {
        if (request.routeOptions.config.always) return;
        const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none').replace('::', ':');
        request.span = tracer.startSpan(
          `${request.method} ${route}`,
          {
            kind: api.SpanKind.SERVER,
            attributes: { 'http.request.method': request.method, 'http.route': route, 'dqn.request.id': request.id },
          },
          parentOf(request.headers.traceparent, api),
        );
      });
      app.addHook('onResponse', async (request, reply) => {
        request.span?.setAttribute('http.response.status_code', reply.statusCode);
        if (reply.statusCode >= 500) request.span?.setStatus({ code: api.SpanStatusCode.ERROR });
        request.span?.end();
      });
      app.addHook('onError', async (request, _reply, error) => request.span?.recordException(error));
    },
    close: () => provider.shutdown(),
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

/** The caller's span: https://www.w3.org/TR/trace-context/#traceparent-header */
function parentOf(header: string | string[] | undefined, api: typeof import('@opentelemetry/api')): Context {
  const match = typeof header === 'string' && /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header);
  if (!match) return api.ROOT_CONTEXT;
  const [, traceId, spanId, flags] = match;
  const traceFlags = Number.parseInt(flags, 16) & api.TraceFlags.SAMPLED;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
