import { expect, it } from 'vitest';
import { Meter } from './progress.ts';

const report = (step: number) => ({
  ...{ epoch: 0, step, steps: 100, images: 50 },
  ...{ loss: 1, L: 1, Q: 0, learningRate: 1e-3, gradientNorm: 1 },
});

it('tells the speed of the usual step, whatever the first one or a pause took', () => {
  let now = 0;
  const meter = new Meter(1, () => now);
  const steps = [4000, 20, 20, 3000, 20, 20].map((milliseconds, i) => {
    now += milliseconds;
    return meter.step(report(i + 1));
  });
  expect(steps[2].imagesPerSecond).toBeCloseTo(2500, 6);
  expect(steps[3].secondsLeft).toBeCloseTo(96 * 0.02, 6);
  expect(steps[5].secondsLeft).toBeCloseTo(94 * 0.02, 6);
  expect(meter.imagesPerSecond).toBeCloseTo((300 / 7080) * 1000, 6);
});

it('shows means over the last ten steps, the speed, and the time left', () => {
  let now = 0;
  const meter = new Meter(2, () => now);
  const report = { epoch: 0, steps: 40, images: 16, L: 1, Q: 2, learningRate: 0.1, gradientNorm: 1 };
  for (let step = 1; step <= 20; step++) {
    now += step <= 10 ? 500 : 250;
    meter.step({ ...report, step, loss: step });
  }
  expect(meter.last).toMatchObject({ phase: 'learning', epoch: 1, epochs: 2, step: 20, steps: 40, loss: 15.5, Q: 2 });
  expect(meter.last!.imagesPerSecond).toBeCloseTo(64);
  expect(meter.last!.secondsLeft).toBeCloseTo(5);
  expect(meter.imagesPerSecond).toBeCloseTo(320 / 7.5);
});
