import { describe } from 'vitest';
import { lossSuite } from '../testing/loss-suite.ts';
import { loadTf } from '../tf.ts';
import { dqnLoss } from './dqn-loss.ts';

describe('dqnLoss on WebAssembly', () => {
  lossSuite(async () => {
    const { tf } = await loadTf('portable');
    return { loss: (input) => dqnLoss(tf, input), left: () => tf.memory().numTensors };
  });
});
