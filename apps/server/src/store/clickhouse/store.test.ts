/** @file The store in ClickHouse does what every store has to: here in this process, by chdb. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { storeSuite } from '../testing/store-suite.ts';
import { opener } from './testing/opened.ts';

let folder: string;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-chdb-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

storeSuite(
  opener(() => ({ url: `chdb:${join(folder, 'data')}?database=g${++number}`, folder, number })),
  { steps: 9, timeout: 120_000 },
);
