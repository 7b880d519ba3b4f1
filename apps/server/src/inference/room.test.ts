import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Observation } from './observe.ts';
import { Room } from './room.ts';

let now = 0;
const told: Observation[] = [];
const room = (capacity: number, wait: number) => new Room({ capacity, wait, observe: (one) => told.push(one) });
const refused = (what: () => void) => {
  try {
    what();
  } catch (error) {
    return error as { code: string; retryAfter: number };
  }
  throw new Error('It was let in.');
};

beforeEach(() => {
  now = 0;
  told.length = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

describe('room for images', () => {
  it('ends at its capacity, and says so', () => {
    const small = room(10, 1e9);
    small.enter(9);
    expect(refused(() => small.enter(2))).toMatchObject({ code: 'OVERLOADED', retryAfter: 1 });
    expect(told).toEqual([{ kind: 'shed', reason: 'full', images: 2 }]);
    small.enter(1);
    for (let i = 0; i < 10; i++) small.leave(false);
    // More than ever fits is let in alone, or it never would be.
    small.enter(50);
    expect(small.load.images).toBe(50);
  });

  it('ends where an answer would come too late, as fast as images leave', () => {
    const slow = room(1000, 500);
    slow.enter(20);
    for (let i = 0; i < 10; i++) {
      now += 100;
      slow.leave(true);
    }
    expect(slow.load.expected).toBeCloseTo(1000, 0);
    expect(refused(() => slow.check())).toMatchObject({ code: 'OVERLOADED', retryAfter: 1 });
    expect(told).toEqual([{ kind: 'shed', reason: 'late', images: 1 }]);
    for (let i = 0; i < 9; i++) {
      now += 1;
      slow.leave(true);
    }
    slow.check();
  });

  it('knows how fast batches leave, and what it was told before', () => {
    const quick = room(1000, 200);
    quick.expect(30);
    quick.enter(8);
    expect(refused(() => quick.check())).toMatchObject({ code: 'OVERLOADED' });
    for (let i = 0; i < 8; i++) quick.leave(false);
    quick.enter(320);
    for (let batch = 0; batch < 8; batch++) {
      now += 64;
      for (let i = 0; i < 32; i++) quick.leave(true);
    }
    expect(quick.load.images).toBe(64);
    // An image every 2 ms, of which 64 are left.
    expect(quick.load.expected).toBeGreaterThan(100);
    expect(quick.load.expected).toBeLessThan(256);
  });

  it('lets the patient in where it never is quiet, after a while', async () => {
    const busy = room(1000, 1e9);
    busy.enter(100);
    const patient = busy.enterPatiently(1);
    now += 4999;
    busy.leave(true);
    await Promise.resolve();
    expect(busy.load.images).toBe(99);
    now += 1;
    busy.leave(true);
    await patient;
    expect(busy.load.images).toBe(99);
  });

  it('lets the patient in when it is quiet, and forgets those who left', async () => {
    const busy = room(1000, 1e9);
    busy.enter(40);
    const entered: string[] = [];
    const gone = new AbortController();
    const first = busy.enterPatiently(4, gone.signal);
    const second = busy.enterPatiently(4).then(() => entered.push('second'));
    gone.abort('gone');
    await expect(first).rejects.toBe('gone');
    for (let i = 0; i < 12; i++) {
      expect(entered).toEqual([]);
      busy.leave(true);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
    await second;
    expect(busy.load.images).toBe(32);
  });
});
