/** @file Calls over HTTP, against servers that are only played. */
import { getEventListeners } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { madeUpBook } from '../testing/books.ts';
import { openClickHouseStore } from './open.ts';
import { ServerEngine } from './server-engine.ts';

const servers: Server[] = [];

/** @returns its HOST:PORT */
async function play(answer: (sql: string, response: ServerResponse, settings: URLSearchParams) => void) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { searchParams } = new URL(request.url!, 'http://host');
    answer(searchParams.get('query') ?? String(Buffer.concat(chunks)), response, searchParams);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function engineOf(...hosts: string[]): ServerEngine {
  const urls = hosts.map((host) => `http://${host}`);
  return new ServerEngine({ kind: 'server', urls, user: undefined, database: 'db', cluster: 'c' }, 30_000, {});
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a call', () => {
  it('gets 64-bit integers as texts from servers of all versions', async () => {
    const host = await play((_, response, settings) => {
      const quoted = settings.get('output_format_json_quote_64bit_integers') === '1';
      response.end(`{"version":${quoted ? '"1853020188851841281"' : '1853020188851841281'}}\n`);
    });
    const engine = engineOf(host);
    expect(await engine.query('SELECT version')).toEqual([{ version: '1853020188851841281' }]);
    for await (const row of engine.stream('SELECT version')) expect(row).toEqual({ version: '1853020188851841281' });
    await engine.close();
  });

  it('leaves nothing on a signal that outlives it', async () => {
    const engine = engineOf(await play((_, response) => response.end('{"n":1}\n')));
    const { signal } = new AbortController();
    await engine.query('SELECT 1', { signal });
    for await (const _ of engine.stream('SELECT 1', { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await engine.close();
  });

  it('that breaks off in the middle of its rows fails with an error of ours, which names the server', async () => {
    const host = await play((_, response) => {
      response.write('{"n":1}\n', () => setTimeout(() => response.destroy(), 20));
    });
    const engine = engineOf(host);
    const read = async () => {
      for await (const row of engine.stream('SELECT n')) expect(row).toEqual({ n: 1 });
    };
    const failed = { code: 'STORE_UNREACHABLE', message: expect.stringContaining(host) };
    await expect(read()).rejects.toMatchObject(failed);
    await expect(engine.query('SELECT n')).rejects.toMatchObject(failed);
    await engine.close();
  });

  it('ends with the reason of its signal in the middle of its rows', async () => {
    const engine = engineOf(await play((_, response) => response.write('{"n":1}\n')));
    const gone = new AbortController();
    const read = async () => {
      for await (const _ of engine.stream('SELECT n', { signal: gone.signal })) gone.abort(new Error('hung up'));
    };
    await expect(read()).rejects.toThrow('hung up');
    const later = new AbortController();
    const asked = engine.query('SELECT n', { signal: later.signal });
    setTimeout(() => later.abort(new Error('hung up later')), 50);
    await expect(asked).rejects.toThrow('hung up later');
    await engine.close();
  });
});

it('makes no table of a new gallery where one of its servers is gone, and names that', async () => {
  const said: string[] = [];
  const host = await play((sql, response) => {
    said.push(sql);
    if (sql.includes('version()')) response.end('{"version":"25.8.1"}\n');
    else if (sql.includes('is_local')) response.end('{"shard":1}\n');
    else if (sql.includes('system.clusters'))
      response.end('{"shard":1,"host":"a","port":1}\n{"shard":2,"host":"b","port":1}\n');
    else if (sql.startsWith('SELECT'))
      response.writeHead(404).end("Code: 60. DB::Exception: Table db.meta doesn't exist. (UNKNOWN_TABLE)");
    else response.end();
  });
  const url = `clickhouse://${host},127.0.0.1:9/db?cluster=c`;
  const opened = openClickHouseStore(url, { ...madeUpBook(), create: { idKind: 'string' } });
  await expect(opened).rejects.toMatchObject({
    code: 'STORE_UNREACHABLE',
    message: expect.stringContaining('127.0.0.1:9'),
  });
  expect(said.filter((sql) => sql.startsWith('CREATE'))).toEqual([]);
});
