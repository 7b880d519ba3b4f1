import { describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';

describe('a gate', () => {
  it('lets so many in, and the next in their order', async () => {
    const gate = new Gate(2);
    const seen: number[] = [];
    const inside = await Promise.all([gate.enter(), gate.enter()]);
    const waiting = [0, 1, 2].map(async (i) => {
      const leave = await gate.enter();
      seen.push(i);
      return leave;
    });
    await Promise.resolve();
    expect(seen).toEqual([]);
    inside[1]();
    await waiting[0];
    expect(seen).toEqual([0]);
    (await waiting[0])();
    (await waiting[1])();
    inside[0]();
    (await waiting[2])();
    expect(seen).toEqual([0, 1, 2]);
  });

  it('gives the place of one who leaves the row to the next', async () => {
    const gate = new Gate(1);
    const leave = await gate.enter();
    const gone = new AbortController();
    const first = gate.enter(gone.signal);
    const second = gate.enter();
    gone.abort('gone');
    await expect(first).rejects.toBe('gone');
    leave();
    (await second)();
    (await gate.enter())();
    await expect(gate.enter(AbortSignal.abort('late'))).rejects.toBe('late');
  });
});
