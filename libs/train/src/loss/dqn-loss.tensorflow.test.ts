import { describe } from 'vitest';
import { lossSuite } from '../testing/loss-suite.ts';
import { native } from '../testing/native.ts';
import { loadTf } from '../tf.ts';

describe.skipIf(!native)("dqnLoss on TensorFlow's library", () => {
  lossSuite(() => loadTf('tensorflow'));
});
