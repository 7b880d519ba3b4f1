import { describe } from 'vitest';
import { lossSuite } from '../testing/loss-suite.ts';
import { loadTf } from '../tf.ts';

describe('dqnLoss on WebAssembly', () => {
  lossSuite(() => loadTf('portable'));
});
