import { DataError } from '@dqn/data';
import { PqError } from '@dqn/pq';
import { ServerError } from '@dqn/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TrainerError, tell } from './errors.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('tell', () => {
  it('gives one line with the code, and no stack', () => {
    const told = tell(new DataError('DATASET_NOT_FOUND', 'nothing\n  there'));
    expect(told).toEqual({ text: 'dqn: DATASET_NOT_FOUND: nothing there', exitCode: 1 });
  });

  it('calls wrong arguments wrong usage', () => {
    expect(tell(new TrainerError('WRONG_USAGE', 'x')).exitCode).toBe(2);
    expect(tell(new PqError('BITS_NOT_POSSIBLE', 'x')).exitCode).toBe(2);
    expect(tell(new DataError('UNKNOWN_PROTOCOL', 'x')).exitCode).toBe(2);
    expect(tell(new ServerError('BAD_CONFIG', 'x')).exitCode).toBe(2);
  });

  it('says what to do about a full disk, wherever it showed', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(tell(new Error('the step failed', { cause: full })).text).toMatch(/^dqn: ENOSPC: .*\nThe disk is full/);
  });

  it('names Ctrl-C, memory and its own defects', () => {
    expect(tell(new DOMException('This operation was aborted', 'AbortError')).text).toMatch(/^dqn: INTERRUPTED: /);
    expect(tell(new RangeError('Array buffer allocation failed')).text).toMatch(/^dqn: NOT_ENOUGH_MEMORY: /);
    expect(tell(new TypeError('x is undefined')).text).toMatch(/^dqn: INTERNAL: .*\n.*DQN_DEBUG/);
  });

  it('shows stacks under DQN_DEBUG, causes too', () => {
    vi.stubEnv('DQN_DEBUG', '1');
    expect(tell(new Error('above', { cause: new Error('below') })).text).toMatch(
      /errors\.test\.ts[\s\S]*caused by Error: below/,
    );
  });
});
