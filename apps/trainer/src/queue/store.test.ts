import { ServerError } from '@dqn/server';
import { expect, it } from 'vitest';
import { isPassing } from './store.ts';

/** As a service says it. */
const refusal = (status: number, code = '') => Object.assign(new Error(), { status, code });

it('waits for what passes by itself, and for nothing that somebody has to mend', () => {
  for (const status of [408, 429, 502, 503, 504]) expect(isPassing(refusal(status)), String(status)).toBe(true);
  for (const status of [400, 401, 404, 413, 500, 501]) expect(isPassing(refusal(status)), String(status)).toBe(false);
  expect(isPassing(refusal(0, 'UNREACHABLE'))).toBe(true);
  expect(isPassing(new ServerError('SHARD_DOWN', ''))).toBe(true);
  expect(isPassing(new ServerError('STORE_DENIED', ''))).toBe(false);
  expect(isPassing(refusal(500, 'STORE_DENIED'))).toBe(false);
});
