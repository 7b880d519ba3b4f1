/** @file What the store says of servers that are gone, slow, old, or not for everybody; and what it answers all the same. */
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, clusterIsMissing, KEYED, startCluster } from '../../../../../tools/cluster.mjs';
import { problemOf } from '../../errors.ts';
import { itemOf, madeUpBook, queryOf } from '../testing/books.ts';
import { Model } from '../testing/model.ts';
import { openClickHouseStore } from './open.ts';
import type { ClickHouseStore } from './store.ts';

const book = madeUpBook();
const create = { idKind: 'string' } as const;

describe.skipIf(clusterIsMissing('faults of shards'))('two servers of which one', () => {
  let cluster: Cluster;
  let store: ClickHouseStore;
  const items = Array.from({ length: 200 }, (_, n) => itemOf(book, n));
  const query = queryOf(book, 1);
  const model = new Model(book);
  const hostsOf = () => cluster.shards.map(({ host, httpPort }) => `${host}:${httpPort}`);
  const urlOf = (database: string) => `clickhouse://${hostsOf()}/${database}?cluster=${cluster.cluster}`;
  const refused = (url: string, o: object = {}) => openClickHouseStore(url, { ...book, ...o }).catch((error) => error);

  beforeAll(async () => {
    cluster = await startCluster({ redis: false });
    store = await openClickHouseStore(urlOf('faults'), { ...book, create, timeout: 5_000 });
    await store.put(items);
    model.put(items);
  });
  afterAll(async () => {
    await store?.close();
    await cluster?.stop();
  });

  it('is gone: it is named, partial results come where they are asked for, and all is there when it is back', async () => {
    const [, shard] = cluster.shards;
    await shard.kill();
    const name = `${shard.host}:${shard.tcpPort}`;
    const failed = await store.search(query).catch((error) => error);
    expect(failed).toMatchObject({ code: 'SHARD_DOWN', message: expect.stringContaining(name) });
    expect(problemOf(failed)).toMatchObject({ status: 503 });
    await expect(store.put(items)).rejects.toMatchObject({ code: 'SHARD_DOWN' });
    const missing: string[] = [];
    const onMissing = (shards: readonly string[]) => missing.push(...shards);
    const hits = await store.search(query, { k: 200, onMissing });
    expect(missing).toEqual([name]);
    expect(hits.length).toBeGreaterThan(50);
    expect(hits.length).toBeLessThan(150);
    const byId = new Map(model.ranked(query).map(({ id, distance }) => [id, distance]));
    for (const { id, distance } of hits) expect(distance).toBe(byId.get(id));
    await shard.start();
    await store.put(items);
    missing.length = 0;
    model.expectHits(await store.search(query, { k: 200, onMissing }), query, { k: 200 });
    expect(missing).toEqual([]);
    expect(store.count).toBe(200);
  }, 60_000);

  it('is gone, and is the one that was asked: the other one is', async () => {
    const [shard] = cluster.shards;
    await shard.kill();
    await expect(store.search(query)).rejects.toMatchObject({
      code: 'SHARD_DOWN',
      message: expect.stringContaining(`:${shard.tcpPort}`),
    });
    await shard.start();
    model.expectHits(await store.search(query), query);
  }, 60_000);

  it('hangs: the time limit holds, and it is named', async () => {
    const [, shard] = cluster.shards;
    await using hasty = await openClickHouseStore(urlOf('faults'), { ...book, timeout: 500 });
    const gone = new AbortController();
    shard.pause();
    try {
      await expect(hasty.search(query)).rejects.toMatchObject({
        code: 'SHARD_DOWN',
        message: expect.stringContaining(`${shard.host}:${shard.httpPort}`),
      });
      const search = store.search(query, { signal: gone.signal });
      setTimeout(() => gone.abort(new Error('hung up')), 100);
      await expect(search).rejects.toThrow('hung up');
    } finally {
      shard.resume();
    }
    await expect.poll(() => store.search(query, { k: 3 }).then((hits) => hits.length)).toBe(3);
  }, 60_000);

  it('is of a user with a password: wrong ones are refused, and in no message', async () => {
    const env = (password: string) => ({
      env: { DQN_CLICKHOUSE_USER: KEYED.user, DQN_CLICKHOUSE_PASSWORD: password },
    });
    const wrong = await refused(urlOf('faults'), env('not the key'));
    expect(wrong).toMatchObject({ code: 'STORE_DENIED', message: expect.not.stringContaining('not the key') });
    expect(problemOf(wrong).detail).not.toContain(KEYED.user);
    await using right = await openClickHouseStore(urlOf('faults'), { ...book, ...env(KEYED.password) });
    model.expectHits(await right.search(query), query);
    expect(await refused(urlOf('faults'), { env: { DQN_CLICKHOUSE_USER: 'readonly' } })).toMatchObject({
      code: 'STORE_DENIED',
    });
  }, 60_000);

  it('listens nowhere, or has no such gallery', async () => {
    expect(await refused('clickhouse://127.0.0.1:9/faults')).toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(await refused(`clickhouse://${hostsOf()[0]}/nothing`)).toMatchObject({ code: 'GALLERY_NOT_FOUND' });
  });

  it('has tables of another schema version, or belongs to another cluster', async () => {
    const other = await openClickHouseStore(urlOf('versions'), { ...book, create });
    await other.close();
    // One server knows its own shard only.
    expect(await refused(`clickhouse://${hostsOf()[0]}/versions`)).toMatchObject({ code: 'STORE_MISMATCH' });
    expect(await refused(`clickhouse://${hostsOf()[0]}/new?cluster=dqn`, { create })).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining('2 servers'),
    });
    expect(await refused(`clickhouse://${hostsOf()}/new?cluster=nobody`, { create })).toMatchObject({
      code: 'BAD_CONFIG',
    });
    const elsewhere = urlOf('versions').replace(cluster.cluster, 'nobody');
    expect(await refused(elsewhere)).toMatchObject({
      code: 'STORE_MISMATCH',
      message: expect.stringContaining('no cluster nobody'),
    });
    for (const { url } of cluster.shards) {
      const client = createClient({ url });
      await client.command({ query: "ALTER TABLE versions.meta_local DELETE WHERE name = 'schema'" });
      await client.command({ query: "INSERT INTO versions.meta_local VALUES ('schema', '99')" });
      await client.close();
    }
    await expect
      .poll(() => refused(urlOf('versions')))
      .toMatchObject({ code: 'STORE_MISMATCH', message: expect.stringContaining('99') });
  }, 60_000);
});

describe('a server', () => {
  it('that speaks no TLS is told from one that is gone', async () => {
    const server = createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(openClickHouseStore(`clickhouses://127.0.0.1:${port}/faults`, book)).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining('TLS'),
    });
    server.close();
  });

  it('that is too old is refused by its version', async () => {
    const server = createServer((_request, response) => response.end('{"version":"1.1.54390"}\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(openClickHouseStore(`clickhouse://127.0.0.1:${port}/old`, book)).rejects.toMatchObject({
      code: 'STORE_MISMATCH',
      message: expect.stringContaining('1.1.54390'),
    });
    server.closeAllConnections();
    server.close();
  });
});
