/** @file Settings from where they are given: a flag wins over the environment, that over the file, that over the default. */

import { readFile } from 'node:fs/promises';
import { Ajv, type ErrorObject } from 'ajv';
import { ServerError } from '../errors.ts';
import { flagOf, SETTINGS, SETTINGS_SCHEMA, type Settings, variableOf } from './settings.ts';

/** Where a setting came from. */
export type Source = 'flag' | 'environment' | 'file' | 'default';

/** Where to look. */
export interface ConfigSources {
  /** By the settings' names; text, or what a file would hold. Undefined: not given. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A JSON file. */
  readonly file?: string | undefined;
}

/** Settings, and where each one came from. */
export interface Config {
  readonly settings: Settings;
  readonly sources: Readonly<Record<string, Source>>;
}

const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
const check = ajv.compile(SETTINGS_SCHEMA);

/**
 * Reads the settings and checks them.
 *
 * @throws ServerError `BAD_CONFIG`, which names every wrong setting and where it was given
 */
export async function readConfig({ flags = {}, env = {}, file }: ConfigSources): Promise<Config> {
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  const take = (name: string, value: unknown, source: Source): void => {
    values[name] = value;
    sources[name] = source;
  };
  for (const [name, setting] of Object.entries(SETTINGS)) {
    if (setting.default !== undefined) take(name, setting.default, 'default');
  }
  const path = file ?? env.DQN_SERVE_CONFIG;
  if (path !== undefined) {
    for (const [name, value] of Object.entries(await readFileOf(path))) take(name, value, 'file');
  }
  // The names that OpenTelemetry itself has for this.
  const collector = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? under(env.OTEL_EXPORTER_OTLP_ENDPOINT, 'v1/traces');
  if (collector) take('traces', collector, 'environment');
  for (const name of Object.keys(SETTINGS)) {
    const text = env[variableOf(name)];
    if (text !== undefined && text !== '') take(name, fromText(name, text), 'environment');
    const flag = flags[name];
    if (flag !== undefined) take(name, typeof flag === 'string' ? fromText(name, flag) : flag, 'flag');
  }
  const known = new Set(['config', ...Object.keys(SETTINGS)].map(variableOf));
  const unknown = Object.keys(env).filter((name) => name.startsWith(variableOf('')) && !known.has(name));
  if (!check(values) || unknown.length > 0) throw wrong(check.errors ?? [], sources, path, unknown);
  return { settings: values as unknown as Settings, sources };
}

async function readFileOf(path: string): Promise<object> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('BAD_CONFIG', `The configuration file ${path} can't be read: ${reason}.`, { cause });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new ServerError('BAD_CONFIG', `The configuration file ${path} holds no JSON object.`);
}

/** Flags and variables are text: numbers, yes and no, and lists by commas are read from it; what can't be stays as it is. */
function fromText(name: string, text: string): unknown {
  const { type } = SETTINGS[name as keyof Settings];
  if (type === 'array') return text.split(',').flatMap((part) => part.trim() || []);
  if (type === 'boolean')
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  if (type === 'string' || text.trim() === '' || Number.isNaN(Number(text))) return text;
  return Number(text);
}

function wrong(
  errors: readonly ErrorObject[],
  sources: Record<string, Source>,
  path: string | undefined,
  unknown: readonly string[],
): ServerError {
  const lines = errors.map(({ instancePath, keyword, params, message, data }) => {
    const name = instancePath.split('/')[1] ?? String(params.additionalProperty);
    if (params.additionalProperty !== undefined) return `${name} in ${path} is no setting`;
    const source = sources[name];
    const where = source === 'flag' ? flagOf(name) : source === 'file' ? `${name} in ${path}` : variableOf(name);
    return `${where} is ${JSON.stringify(data)} and ${expected(name, keyword, message)}`;
  });
  lines.push(...unknown.map((name) => `${name} in the environment is no setting`));
  return new ServerError('BAD_CONFIG', `${lines.join('; ')}. \`dqn serve --help\` lists the settings.`);
}

function expected(name: string, keyword: string, message: string | undefined): string {
  const { minimum, maximum, enum: names } = SETTINGS[name as keyof Settings];
  if (keyword === 'enum') return `must be one of ${names?.join(', ')}`;
  if (keyword !== 'minimum' && keyword !== 'maximum') return message ?? 'is wrong';
  return maximum === undefined ? `must be ${minimum} or more` : `must be ${minimum} to ${maximum}`;
}

function under(base: string | undefined, path: string): string | undefined {
  return base ? `${base.replace(/\/$/, '')}/${path}` : undefined;
}
