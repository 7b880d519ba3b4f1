import { describe } from 'vitest';
import { lossSuite } from '../testing/loss-suite.ts';
import { native } from '../testing/native.ts';
import { loadTf } from '../tf.ts';
import { dqnLoss } from './dqn-loss.ts';

describe.skipIf(!native)("dqnLoss on TensorFlow's library", () => {
  lossSuite(async () => {
    const { tf } = await loadTf('tensorflow');
    return { loss: (input) => dqnLoss(tf, input), left: () => tf.memory().numTensors };
  });
});
