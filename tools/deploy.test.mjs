/** @file The files of a cluster in deploy/: that they name each other's servers, and commands that there are. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './workspace.mjs';

const deploy = join(ROOT, 'deploy');
const read = (...parts) => readFileSync(join(deploy, ...parts), 'utf8');
const kubernetes = readdirSync(join(deploy, 'kubernetes'));

const FILES = {
  'Docker Compose': read('compose.yaml'),
  Kubernetes: kubernetes.map((file) => read('kubernetes', file)).join('\n---\n'),
};

/** The options that a command takes, once for all tests. */
const optionsOf = (command) => {
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'apps/trainer/bin/dqn.js'), command, '--help'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return new Set(stdout.match(/--[a-z][a-z-]*/g));
};

const known = new Set(['worker', 'index', 'serve'].flatMap((command) => [...optionsOf(command)]));

describe.each(Object.entries(FILES))('%s', (_, text) => {
  it('has the same shards in the store’s address as the servers know of', () => {
    const [, hosts, database, cluster] = /clickhouse:\/\/([^/\s]+)\/(\w+)\?cluster=(\w+)/.exec(text);
    const shards = [...text.matchAll(/<replica><host>([^<]+)<\/host><port>9000<\/port><\/replica>/g)];
    expect(hosts.split(',')).toEqual(shards.map(([, host]) => `${host}:8123`));
    expect(text).toContain(`<${cluster}>`);
    expect(text).toMatch(new RegExp(`CLICKHOUSE_DB[,:]\\s*(value: )?${database}\\b`));
  });

  it('starts commands with options that they have', () => {
    const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
    const own = lines.join('\n').replaceAll(/redis-server[\s\S]*?requirepass/g, '');
    const used = own.match(/--[a-z][a-z-]*/g);
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((option) => !known.has(option))).toEqual([]);
  });

  it('takes passwords from outside, and lets Redis evict nothing', () => {
    expect(text).toMatch(/noeviction/);
    expect(text).not.toMatch(/PASSWORD(: |, value: )(?!\$\{|")\S/);
  });
});

it('the manifests are all in the kustomization', () => {
  const [, resources] = /resources:\s*\[([^\]]+)\]/.exec(read('kubernetes', 'kustomization.yaml'));
  const named = resources.split(',').map((name) => name.trim());
  expect([...named, 'kustomization.yaml'].filter(Boolean).sort()).toEqual([...kubernetes].sort());
});
