/** @file Which shards answer. */
import type { Engine, Run } from './engine.ts';
import { type Place, tables } from './schema.ts';

/** Shards by their numbers, as messages name them: HOST:PORT of their servers. */
export type Shards = ReadonlyMap<string, string>;

/** The shards of a gallery; none where it lies on one server. */
export async function shardsOfGallery(engine: Engine, { cluster }: Place): Promise<Shards> {
  if (cluster === undefined) return new Map();
  const rows = await engine.query<{ shard: number; host: string; port: number }>(
    `SELECT shard_num AS shard, host_name AS host, port FROM system.clusters WHERE cluster = '${cluster}'`,
  );
  const shards = new Map<string, string>();
  for (const { shard, host, port } of rows) {
    const known = shards.get(String(shard));
    shards.set(String(shard), known === undefined ? `${host}:${port}` : `${known}, ${host}:${port}`);
  }
  return shards;
}

/** Those that don't answer now: each says its own number. */
export async function missingShards(engine: Engine, place: Place, shards: Shards, run: Run): Promise<string[]> {
  if (shards.size === 0) return [];
  const rows = await engine.query<{ value: string }>(`SELECT value FROM ${tables(place).meta} WHERE name = 'shard'`, {
    ...run,
    partial: true,
  });
  const there = new Set(rows.map(({ value }) => value));
  return [...shards].filter(([number]) => !there.has(number)).map(([, servers]) => servers);
}
