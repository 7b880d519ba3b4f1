/** @file TF.js on TensorFlow's library, for the tests that need it. */

import { type LoadedTf, loadTf } from '../tf.ts';

async function find(): Promise<LoadedTf | undefined> {
  try {
    return await loadTf('tensorflow');
  } catch (error) {
    // Continuous integration has built it, so that there its absence is a fault.
    if (process.env.CI) throw error;
    return undefined;
  }
}

/** It, or undefined where it isn't installed: such tests are skipped, and the test command says so at its end. */
export const native = await find();
