import { afterEach, expect, it, vi } from 'vitest';
import { interruptible, PATIENCE } from './interrupt.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('asks once, waits a moment after the second signal, and not at all after the third', async () => {
  vi.useFakeTimers();
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const said = vi.fn();
  let end = (): void => {};
  const work = interruptible(
    (signal) =>
      new Promise<boolean>((resolve) => {
        end = () => resolve(signal.aborted);
      }),
    said,
  );
  process.emit('SIGINT');
  process.emit('SIGTERM');
  vi.advanceTimersByTime(PATIENCE * 1000 - 1);
  expect([said.mock.calls.length, exit.mock.calls]).toEqual([1, []]);
  vi.advanceTimersByTime(1);
  process.emit('SIGINT');
  expect(exit.mock.calls).toEqual([[1], [1]]);
  end();
  expect(await work).toBe(true);
});
