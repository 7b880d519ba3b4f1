import { GraphBuilder } from '@dqn/onnx';
import { describe, expect, it } from 'vitest';
import { fineCut } from './fine-cut.ts';

/** Stages of blocks that widen inside, each from half the edge of the last. */
function network(size: number, widths: readonly number[]) {
  const b = new GraphBuilder('stages', { seed: 1 });
  let x = b.pixels(size, { mean: [0, 0, 0], scale: [1, 1, 1] });
  for (const [stage, width] of widths.entries()) {
    for (const block of ['a', 'b']) {
      const name = `${stage}${block}`;
      const wide = b.relu(b.conv(x, { name: `${name}.wide`, channels: 6 * width, stride: block === 'a' ? 2 : 1 }));
      x = b.relu(b.conv(wide, { name, channels: width }), `stage${name}`);
    }
  }
  b.output(b.flatten(b.averagePool(x, { kernel: size / 2 ** widths.length }), 'pooled'), 'features');
  return b.build();
}

describe('fineCut', () => {
  it('is behind the last narrow maps at a sixteenth of the picture', () => {
    expect(fineCut(network(64, [4, 6, 8, 10, 12]), 64)).toBe('stage3b');
    expect(fineCut(network(160, [4, 6, 8, 10, 12]), 160)).toBe('stage3b');
  });

  it('comes as near to a sixteenth as the network does, and leaves something to learn', () => {
    expect(fineCut(network(64, [4, 6]), 64)).toBe('stage1a');
  });

  it('says what to give where there are no maps', () => {
    const b = new GraphBuilder('flat', { seed: 1 });
    const x = b.flatten(b.pixels(8, { mean: [0, 0, 0], scale: [1, 1, 1] }), 'flat');
    b.output(b.gemm(x, { name: 'fc', size: 4 }), 'features');
    expect(() => fineCut(b.build(), 8)).toThrow(/--cut/);
  });
});
