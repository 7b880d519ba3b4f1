/** @file The commands around a queue, as a user runs them: a service, a worker, pictures from a tar, and a look at it all. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, clusterIsMissing, startCluster } from '../../../tools/cluster.mjs';
import { makeModel, noisyPicture, temporaryFolder, writeTree } from '../src/testing/model.ts';
import { dqn, dqnJson, type Running, start } from './command.ts';

describe.skipIf(clusterIsMissing('the queue'))('dqn index --queue, dqn worker, dqn queue', () => {
  let cluster: Cluster;
  let folder: string;
  const started: Running[] = [];
  const run = (...args: string[]): Running => {
    const one = start(args);
    started.push(one);
    one.done.catch(() => undefined);
    return one;
  };

  beforeAll(async () => {
    [cluster, folder] = await Promise.all([startCluster({ shards: 0 }), temporaryFolder()]);
    await makeModel(join(folder, 'model'));
    const pictures: Record<string, Uint8Array | string> = { 'images/red/broken.png': 'no picture' };
    for (let i = 0; i < 10; i++) pictures[`images/red/${i}.png`] = await noisyPicture([200, 40, 40], i);
    await writeTree(folder, pictures);
    execFileSync('tar', ['-C', join(folder, 'images'), '-cf', join(folder, 'images.tar'), 'red']);
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await cluster.stop();
  });

  it('encode pictures of an archive into the gallery of a service, and say what can not be', async () => {
    const model = join(folder, 'model');
    const queue = ['--queue', `${cluster.redis!.url}/2?queue=photos`];
    const gallery = join(folder, 'live.gallery');
    const service = run('serve', gallery, '--create', 'string', '--model', model, '--port', '0', '--json');
    const [, url] = await service.said(/"url":"([^"]+)"/);
    const worker = run('worker', model, ...queue, '--store', url, '--json');
    await worker.said(/Working for/);
    const indexed = await dqnJson(['index', model, join(folder, 'images.tar'), ...queue, '--batch', '4']);
    expect(indexed).toMatchObject({ count: 10, poison: 1 });
    const [status, poison] = [
      await dqnJson(['queue', 'status', ...queue]),
      await dqnJson(['queue', 'poison', ...queue]),
    ];
    expect(status).toMatchObject({
      paused: false,
      runs: [{ run: indexed.run, state: 'done', pictures: 11, done: 11 }],
    });
    expect(Object.values(status.workers)).toEqual([1]);
    expect(poison.poison).toMatchObject([{ id: 'red/broken.png', code: 'UNREADABLE_PICTURE' }]);
    const info = await (await fetch(new URL('/v1/info', url))).json();
    expect(info.gallery).toMatchObject({ count: 10, classes: expect.arrayContaining(['red']) });
    worker.child.kill('SIGTERM');
    const ended = await worker.done;
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ stored: 10, poison: 1 });
  });

  it('say what is missing', async () => {
    const model = join(folder, 'model');
    const nobody = ['--queue', 'redis://127.0.0.1:1/0?queue=photos'];
    const [away, both, store] = await Promise.all([
      dqn(['queue', 'status', ...nobody]),
      dqn(['index', model, folder, '--queue', 'redis://:secret@h/x', '--quiet']),
      dqn(['worker', model, '--queue', `${cluster.redis!.url}`, '--store', 'somewhere']),
    ]);
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringMatching(/QUEUE_UNREACHABLE.*127\.0\.0\.1:1.*start Redis/s),
    ]);
    expect([both.code, both.stderr]).toEqual([2, expect.not.stringContaining('secret')]);
    expect([store.code, store.stderr]).toEqual([2, expect.stringContaining('somewhere is no gallery to write to')]);
  });
});
