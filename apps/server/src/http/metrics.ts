/** @file What is counted and timed, as Prometheus reads it: seconds, bytes, items. Names begin with `dqn_`. */

import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Observation, STAGES } from '../inference/observe.ts';

/** Why a request was turned away. */
export type Shed = 'full' | 'late' | 'in-flight' | 'lag' | 'rate';

/** The numbers of one service. */
export interface Metrics {
  readonly registry: Registry;
  /** For createRetriever. */
  readonly observe: (observation: Observation) => void;
  shed(reason: Shed, count?: number): void;
  /** Times every request of the service. */
  watch(app: FastifyInstance): void;
  /** A number that is asked for when the metrics are; undefined leaves it as it was. */
  gauge(name: string, help: string, read: () => number | undefined): void;
  /** The same for a number that only grows. */
  total(name: string, help: string, read: () => number | undefined): void;
  /** What doesn't change, as labels of a 1. */
  facts(labels: Readonly<Record<string, string>>): void;
}

/** Half a millisecond to ten seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128];

/** New metrics, all at 0. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'dqn_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'dqn_http_request_duration_seconds',
    help: 'From the first byte of a request to the last of its reply',
    labelNames: ['route', 'method'],
    buckets: SECONDS,
    registers,
  });
  const stages = new Histogram({
    name: 'dqn_stage_duration_seconds',
    help: 'Parts of an answer: queue, decode, preprocess, infer, search',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  });
  const batches = new Histogram({
    name: 'dqn_batch_size',
    help: 'Images a run of the network',
    buckets: SIZES,
    registers,
  });
  const runs = new Histogram({
    name: 'dqn_batch_duration_seconds',
    help: 'Runs of the network',
    buckets: SECONDS,
    registers,
  });
  const sheds = new Counter({
    name: 'dqn_shed_total',
    help: 'Turned away because of load: full and late in images, the others in requests',
    labelNames: ['reason'],
    registers,
  });
  const threads = new Counter({
    name: 'dqn_thread_events_total',
    help: 'Threads of ONNX Runtime that died or were replaced',
    labelNames: ['event', 'role'],
    registers,
  });
  const shed = (reason: Shed, count = 1): void => sheds.inc({ reason }, count);
  // What begins with its first case shows no rise to whoever asks for one.
  for (const reason of ['full', 'late', 'in-flight', 'lag', 'rate'] as const) shed(reason, 0);
  for (const event of ['died', 'replaced']) {
    for (const role of ['preprocess', 'network']) threads.inc({ event, role }, 0);
  }

  // Bound once: to look labels up costs more than to count.
  const byStage = new Map(STAGES.map((stage) => [stage, stages.labels(stage)]));
  const byRoute = new Map<string, Histogram.Internal<'route' | 'method'>>();
  const byStatus = new Map<string, Counter.Internal>();
  return {
    registry,
    shed,
    observe(observation) {
      if (observation.kind === 'stage') byStage.get(observation.stage)!.observe(observation.ms / 1000);
      else if (observation.kind === 'batch') {
        batches.observe(observation.size);
        runs.observe(observation.ms / 1000);
      } else if (observation.kind === 'shed') shed(observation.reason, observation.images);
      else if (observation.kind === 'thread') threads.inc({ event: observation.event, role: observation.role });
    },
    watch(app) {
      app.addHook('onRoute', ({ url, method }) => {
        const route = nameOf(url);
        for (const one of [method].flat()) requests.inc({ route, method: one, status: '500' }, 0);
      });
      app.addHook('onResponse', (request, reply, done) => {
        done();
        const route = request.is404 ? 'none' : nameOf(request.routeOptions.url);
        const { method } = request;
        const name = `${method} ${route}`;
        const named = `${name} ${reply.statusCode}`;
        if (!byRoute.has(name)) byRoute.set(name, seconds.labels(route, method));
        if (!byStatus.has(named)) byStatus.set(named, requests.labels(route, method, String(reply.statusCode)));
        byRoute.get(name)!.observe(reply.elapsedTime / 1000);
        byStatus.get(named)!.inc();
      });
    },
    gauge(name, help, read) {
      new Gauge({
        name: `dqn_${name}`,
        help,
        registers,
        collect() {
          const value = read();
          if (value !== undefined) this.set(value);
        },
      });
    },
    total(name, help, read) {
      let before = 0;
      new Counter({
        name: `dqn_${name}`,
        help,
        registers,
        collect() {
          const value = read() ?? before;
          if (value > before) this.inc(value - before);
          before = Math.max(before, value);
        },
      });
    },
    facts(labels) {
      new Gauge({ name: 'dqn_info', help: 'What is served', labelNames: Object.keys(labels), registers }).set(
        labels,
        1,
      );
    },
  };
}

/** A route as the numbers have it: without the second colon that escapes the first. */
function nameOf(url = 'none'): string {
  return url.replace('::', ':');
}
