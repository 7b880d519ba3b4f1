import type { SessionLike } from '@dqn/runtime';
import { describe, expect, it } from 'vitest';
import { replaceable } from './replaceable.ts';

function session(name: string, run: () => Promise<string>): SessionLike & { released: boolean } {
  return {
    inputNames: [name],
    outputNames: [],
    inputMetadata: [],
    outputMetadata: [],
    released: false,
    run: async () => ({ out: { type: await run(), data: name, dims: [] } }),
    async release() {
      this.released = true;
    },
  };
}

function loss() {
  let lose = (_: string): void => {};
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  return { lost, lose: (why: string) => lose(why) };
}

const from = async (on: SessionLike) => (await on.run({})).out.data;

describe('a session whose device is lost', () => {
  it('runs again elsewhere what was under way, whether it failed or gave something', async () => {
    for (const fails of [true, false]) {
      const { lost, lose } = loss();
      const gpu = session('gpu', async () => {
        lose('gone');
        await lost;
        if (fails) throw new Error('device lost');
        return 'garbage';
      });
      const resilient = replaceable(gpu, lost, async () => session('cpu', async () => 'right'));
      expect(await from(resilient)).toBe('cpu');
      expect(await from(resilient)).toBe('cpu');
    }
  });

  it('fails as before while nothing is lost, and as the other one does afterwards', async () => {
    const { lost, lose } = loss();
    const broken = session('gpu', () => Promise.reject(new Error('no such shape')));
    const resilient = replaceable(broken, lost, () => Promise.reject(new Error('no memory')));
    await expect(from(resilient)).rejects.toThrow('no such shape');
    lose('gone');
    await lost;
    await expect(from(resilient)).rejects.toThrow('no memory');
  });

  it('isn’t replaced once it has been released', async () => {
    const { lost, lose } = loss();
    let replaced = 0;
    const gpu = session('gpu', async () => '');
    const resilient = replaceable(gpu, lost, async () => {
      replaced++;
      return gpu;
    });
    await resilient.release();
    lose('destroyed');
    await lost;
    expect([gpu.released, replaced]).toEqual([true, 0]);
  });
});
