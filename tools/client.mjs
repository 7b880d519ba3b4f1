/**
 * @file The typed client's types: the server's schemas → libs/client/openapi.json → libs/client/src/generated/api.ts.
 *
 *     node tools/client.mjs          generates; the server has to be built
 *     node tools/client.mjs --check  exits 1 if what is committed isn't what would be generated
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openApiDocument } from '@dqn/server';
import { ROOT, say } from './workspace.mjs';

const folder = join(ROOT, 'libs', 'client');
const document = await openApiDocument();
const files = {
  'openapi.json': `${JSON.stringify(document, null, 1)}\n`,
  'src/generated/api.ts': types(document),
};
const stale = Object.entries(files).filter(([path, text]) => current(path) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    say(`Not what tools/client.mjs generates: ${stale.map(([path]) => path).join(', ')}. Run: node tools/client.mjs`);
    process.exitCode = 1;
  }
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function current(path) {
  try {
    return readFileSync(join(folder, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** An interface that holds, for each operation, its method, its path and the types of what goes in and comes out. */
function types({ paths }) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  const problem = operations
    .map(({ responses }) => responses['4XX']?.content['application/problem+json'].schema)
    .find(Boolean);
  return [
    '/** @file Made from openapi.json by tools/client.mjs; change the schemas of the server instead. */',
    '',
    '/** Exactly one of the members. */',
    'export type OneOf<T> = {',
    '  [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: never };',
    '}[keyof T];',
    '',
    `${comment(problem.description, '')}export interface Problem ${type(problem, '')}`,
    '',
    '/** The operations of the server by their ids. */',
    'export interface Operations {',
    ...operations.map((operation) => indent(describe(operation), '  ')),
    '}',
    '',
  ].join('\n');
}

function describe({ operationId, summary, method, path, parameters = [], requestBody, responses }) {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const body = bodyOf(requestBody?.content ?? {});
  const reply = Object.entries(responses).find(([status]) => /^2/.test(status))?.[1];
  const replied = bodyOf(reply?.content ?? {});
  return [
    `/** ${summary}. */`,
    `${operationId}: {`,
    `  method: '${method.toUpperCase()}';`,
    `  path: '${path}';`,
    ...(query.length > 0 ? [`  query: ${indent(type(toObject(query), ''), '  ').trimStart()};`] : []),
    ...(body ? [`  body: ${indent(type(body, ''), '  ').trimStart()};`] : []),
    ...(replied ? [`  reply: ${indent(type(replied, ''), '  ').trimStart()};`] : []),
    '};',
  ].join('\n');
}

/** JSON, or lines of it. */
function bodyOf(content) {
  return (content['application/json'] ?? content['application/x-ndjson'])?.schema;
}

function toObject(parameters) {
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
  );
  return { type: 'object', additionalProperties: false, properties };
}

/** A schema as a type; only what our schemas use. */
function type(schema, problemName = 'Problem') {
  if (schema.title === undefined && problemName && isProblem(schema)) return problemName;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum)
    return schema.enum.map((value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value))).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((one) => type(one)).join(' | ');
  const kinds = [schema.type].flat();
  return kinds.map((kind) => ofKind(kind, schema)).join(' | ');
}

function ofKind(kind, schema) {
  if (kind === 'integer' || kind === 'number') return 'number';
  if (kind === 'array') {
    const item = type(schema.items);
    const isOne = /^\w+$/.test(item) || (item.startsWith('{') && item.endsWith('}'));
    return `readonly ${isOne ? item : `(${item})`}[]`;
  }
  if (kind !== 'object') return kind ?? 'unknown';
  const { properties = {}, required = [], additionalProperties, oneOf } = schema;
  const names = Object.keys(properties);
  if (names.length === 0) {
    const value = typeof additionalProperties === 'object' ? type(additionalProperties) : 'unknown';
    return `{ readonly [name: string]: ${value} }`;
  }
  const alternatives = oneOf ? oneOf.flatMap((one) => one.required) : [];
  const members = (chosen, isRequired) =>
    chosen.map((name) =>
      indent(
        `${comment(properties[name].description, '')}readonly ${name}${isRequired(name) ? '' : '?'}: ${type(properties[name])};`,
        '  ',
      ),
    );
  const own = members(
    names.filter((name) => !alternatives.includes(name)),
    (name) => required.includes(name),
  );
  const open = additionalProperties === true ? ['  readonly [name: string]: unknown;'] : [];
  const base = `{\n${[...own, ...open].join('\n')}\n}`;
  if (alternatives.length === 0) return base;
  return `${base} & OneOf<{\n${members(alternatives, () => true).join('\n')}\n}>`;
}

function isProblem({ properties }) {
  return properties?.type && properties.title && properties.detail && properties.code;
}

function comment(text, before) {
  return text ? `${before}/** ${text} */\n${before}` : before;
}

function indent(text, by) {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}
