import { createRandom } from '@dqn/pq';
import { describe, expect, it } from 'vitest';
import { MovingAverage } from './average.ts';
import { distortionOf, Quantizer, toUnitLength } from './quantizer.ts';

const random = createRandom(1);
const z = Float32Array.from({ length: 200 * 8 }, () => random.normal());

describe('Quantizer', () => {
  it('has no codebooks before they are learnt', () => {
    expect(new Quantizer({ M: 2, K: 16, D: 8 }).codebook).toBeUndefined();
    expect(new Quantizer({ M: 2, K: 16, D: 8 }).state()).toBeUndefined();
  });

  it('gets no worse by learning again from where it was', () => {
    const quantizer = new Quantizer({ M: 2, K: 16, D: 8 });
    const first = quantizer.learn(z, { seed: 1, warmStart: true, iterations: 2 });
    const second = quantizer.learn(z, { seed: 1, warmStart: true, iterations: 10 });
    expect(second).toBeLessThan(first);
    expect(distortionOf(quantizer.codebook!, z)).toBeCloseTo(second, 2);
  });

  it('descends its gradient as Adam does, and goes on after state and restore to the same bits', () => {
    const gradient = Float32Array.from({ length: 16 * 8 }, () => random.normal());
    const one = new Quantizer({ M: 2, K: 16, D: 8 });
    one.learn(z, { seed: 1, warmStart: false });
    const before = one.codebook!.codewords.slice();
    one.descend(gradient, 0.01);
    one.codebook!.codewords.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] - 0.01 * Math.sign(gradient[i]), 4);
    });
    const two = new Quantizer({ M: 2, K: 16, D: 8 });
    two.restore(one.state());
    one.descend(gradient, 0.01);
    two.descend(gradient, 0.01);
    expect(two.state()).toEqual(one.state());
  });

  it('refuses dimensions that the subspaces do not divide, and fewer outputs than codewords', () => {
    expect(() => new Quantizer({ M: 3, K: 16, D: 8 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => new Quantizer({ M: 2, K: 256, D: 8 }).learn(z, { seed: 1, warmStart: true })).toThrow(
      expect.objectContaining({ code: 'TOO_FEW_IMAGES' }),
    );
  });
});

describe('toUnitLength', () => {
  it('scales rows and leaves a row of zeros', () => {
    expect([...toUnitLength(Float32Array.of(3, 4, 0, 0), 2)]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });
});

describe('MovingAverage', () => {
  it('begins at the weights and follows them', () => {
    const average = new MovingAverage(0.9);
    const weights = (value: number) => new Map([['w', { dims: [1], data: Float32Array.of(value) }]]);
    expect(average.values).toBeUndefined();
    average.update(weights(1));
    average.update(weights(2));
    expect(average.values!.get('w')![0]).toBeCloseTo(1.1);
  });

  it('keeps copies', () => {
    const data = Float32Array.of(1);
    const average = new MovingAverage(0.9);
    average.restore(new Map([['w', data]]));
    data[0] = 5;
    expect(average.values!.get('w')![0]).toBe(1);
  });
});
