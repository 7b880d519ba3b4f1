/** @file The cluster of tests and benchmarks: that its servers know each other, can be killed, and leave nothing behind. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Server } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { clusterIsMissing, KEYED, startCluster } from './cluster.mjs';

const ask = async ({ url }, query, headers = {}) => {
  const reply = await fetch(url, { method: 'POST', body: query, headers, signal: AbortSignal.timeout(10_000) });
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
  return text.trim();
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const until = async (condition) => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  return condition();
};

describe.skipIf(clusterIsMissing('the cluster'))('the cluster', () => {
  it('answers from all shards, misses one that is killed, and has its rows when it is back', async () => {
    const { shards, cluster, redis, folder, stop } = await startCluster();
    const pids = [...shards, redis].map(({ pid }) => pid);
    try {
      for (const [i, shard] of shards.entries()) {
        await ask(shard, 'CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x');
        await ask(shard, `CREATE TABLE d AS t ENGINE = Distributed(${cluster}, default, t)`);
        await ask(shard, `INSERT INTO t VALUES (${i + 1})`);
      }
      const sum = (shard) => ask(shard, 'SELECT sum(x) FROM d');
      expect(await sum(shards[0])).toBe('3');
      expect(await sum(shards[1])).toBe('3');

      await shards[1].kill();
      expect(shards[1].isRunning).toBe(false);
      await expect(sum(shards[0])).rejects.toThrow(String(shards[1].tcpPort));
      await shards[1].start();
      expect(await sum(shards[1])).toBe('3');

      const { user, password } = KEYED;
      const as = (key) => ({ 'X-ClickHouse-User': user, 'X-ClickHouse-Key': key });
      expect(await ask(shards[0], 'SELECT 1', as(password))).toBe('1');
      await expect(ask(shards[0], 'SELECT 1', as('wrong'))).rejects.toThrow(/password/i);
      expect(redis.url).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    } finally {
      await stop();
    }
    expect(existsSync(folder)).toBe(false);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);

  it.each([
    ['Redis', 0],
    ['ClickHouse', 1],
  ])(
    'starts on other ports where one was taken meanwhile from %s',
    async (_, shards) => {
      const kept = [];
      const close = vi.spyOn(Server.prototype, 'close').mockImplementationOnce(function (done) {
        kept.push(this);
        done();
        return this;
      });
      const cluster = await startCluster({ shards, redis: shards === 0 });
      close.mockRestore();
      const ports = [cluster.redis?.port, ...cluster.shards.map(({ httpPort }) => httpPort)];
      expect(ports).not.toContain(kept[0].address().port);
      kept[0].close();
      await cluster.stop();
    },
    60_000,
  );

  it('ends with the program that started it, even if that is killed', async () => {
    const program = spawn(process.execPath, [fileURLToPath(new URL('./cluster.mjs', import.meta.url)), '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise((resolve) => createInterface({ input: program.stdout }).once('line', resolve));
    const { folder, shards, redis } = JSON.parse(line);
    const pids = [...shards, redis].map(({ pid }) => pid);
    expect(pids.filter(isAlive)).toEqual(pids);
    program.kill('SIGKILL');
    expect(await until(() => !pids.some(isAlive) && !existsSync(folder))).toBe(true);
  }, 60_000);
});
