/**
 * @file Every setting of the service, in one table: its JSON schema, and with that its flag, its environment variable and
 * its name in a file.
 */

import { LOG_LEVELS, type LogLevel } from '../http/log.ts';

/** What `dqn serve` can be told. */
export interface Settings {
  readonly gallery?: string;
  readonly store?: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
  readonly provider: string;
  readonly threads?: number;
  readonly readOnly: boolean;
  readonly create?: 'string' | 'u32' | 'u64';
  readonly keys?: string;
  readonly rateLimit: number;
  readonly cors: readonly string[];
  readonly fetchFrom: readonly string[];
  readonly maxBody: number;
  readonly maxBulk: number;
  readonly maxPixels: number;
  readonly maxBatch: number;
  readonly maxK: number;
  readonly maxRequests: number;
  readonly timeout: number;
  readonly grace: number;
  readonly logLevel: LogLevel;
  readonly traces?: string;
}

/** A setting's JSON schema, with what a flag needs. */
export interface Setting {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly description: string;
  /** The value's name in the help; a boolean has none. */
  readonly value?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly items?: { readonly type: 'string'; readonly pattern: string };
}

const ORIGIN = { type: 'string', pattern: '^https?://[A-Za-z0-9.\\-\\[\\]:]+$' } as const;

/** The table. */
export const SETTINGS: { readonly [Name in keyof Required<Settings>]: Setting } = {
  gallery: { type: 'string', value: 'FILE', minLength: 1, description: 'gallery file' },
  store: {
    type: 'string',
    value: 'URL',
    pattern: '^(clickhouses?://|chdb:).',
    description:
      'gallery in ClickHouse instead of a file: clickhouse://HOST:8123/DATABASE (clickhouses:// by TLS); user and password come from DQN_CLICKHOUSE_USER and DQN_CLICKHOUSE_PASSWORD',
  },
  model: {
    type: 'string',
    value: 'MODEL',
    minLength: 1,
    description: 'model folder (default: the one beside the gallery file that made it)',
  },
  host: {
    type: 'string',
    value: 'H',
    minLength: 1,
    default: '127.0.0.1',
    description: 'address to listen at; one that other machines reach needs keys, or readOnly',
  },
  port: {
    type: 'integer',
    value: 'P',
    minimum: 0,
    maximum: 65_535,
    default: 7007,
    description: 'port; 0 takes any free one',
  },
  provider: {
    type: 'string',
    value: 'P',
    enum: ['auto', 'cuda', 'webgpu', 'cpu'],
    default: 'auto',
    description: 'where the network runs; auto takes the first that starts',
  },
  threads: {
    type: 'integer',
    value: 'N',
    minimum: 1,
    maximum: 1024,
    description: 'threads that share one run of the network on the CPU (default: every core)',
  },
  readOnly: { type: 'boolean', default: false, description: 'answer searches, take no writes' },
  create: {
    type: 'string',
    value: 'IDS',
    enum: ['string', 'u32', 'u64'],
    description: 'where there is no gallery, begin one whose ids are texts, or numbers of 32 or 64 bits',
  },
  keys: {
    type: 'string',
    value: 'FILE',
    minLength: 1,
    description: 'key file (dqn key); without one nobody is asked for a key',
  },
  rateLimit: {
    type: 'integer',
    value: 'N',
    minimum: 0,
    default: 0,
    description: 'requests a second for each key, or each address without keys; 0: any number',
  },
  cors: {
    type: 'array',
    value: 'ORIGINS',
    items: ORIGIN,
    default: [],
    description: 'origins whose pages may call this service, such as https://example.org',
  },
  fetchFrom: {
    type: 'array',
    value: 'ORIGINS',
    items: ORIGIN,
    default: [],
    description: 'origins that images are fetched from when a request names their URL; none: no URL is taken',
  },
  maxBody: {
    type: 'number',
    value: 'MIB',
    minimum: 0.001,
    maximum: 1024,
    default: 20,
    description: 'largest body in MiB',
  },
  maxBulk: {
    type: 'number',
    value: 'MIB',
    minimum: 0.001,
    default: 16_384,
    description: 'largest stream of items in MiB',
  },
  maxPixels: {
    type: 'number',
    value: 'MPX',
    minimum: 0.001,
    maximum: 64,
    default: 64,
    description: 'largest picture in megapixels',
  },
  maxBatch: {
    type: 'integer',
    value: 'N',
    minimum: 1,
    maximum: 4096,
    default: 64,
    description: 'most queries or pictures a request',
  },
  maxK: { type: 'integer', value: 'N', minimum: 1, maximum: 10_000, default: 1000, description: 'most hits a query' },
  maxRequests: {
    type: 'integer',
    value: 'N',
    minimum: 1,
    default: 512,
    description: 'requests at a time; others are answered with 503',
  },
  timeout: {
    type: 'number',
    value: 'S',
    minimum: 0.001,
    maximum: 3600,
    default: 30,
    description: 'seconds that a request may take, its body included',
  },
  grace: {
    type: 'number',
    value: 'S',
    minimum: 0,
    maximum: 3600,
    default: 30,
    description: 'seconds that requests under way have to end when the service stops',
  },
  logLevel: {
    type: 'string',
    value: 'L',
    enum: LOG_LEVELS,
    default: 'info',
    description: 'what is logged, as JSON lines on stderr',
  },
  traces: {
    type: 'string',
    value: 'URL',
    pattern: '^https?://',
    description:
      'OpenTelemetry collector that spans are sent to (OTLP over HTTP), such as http://localhost:4318/v1/traces',
  },
};

/** The schema of a configuration file. */
export const SETTINGS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(SETTINGS).map(([name, { value: _, ...schema }]) => [name, schema])),
} as const;

/** `maxBody` → `--max-body`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `maxBody` → `DQN_SERVE_MAX_BODY`. */
export function variableOf(name: string): string {
  return `DQN_SERVE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
