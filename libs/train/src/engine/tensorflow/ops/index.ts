/** @file ONNX operation → how it runs on TF.js. */

import type { Operation } from '../operation.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { exponential } from './exponential.ts';
import { linear } from './linear.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { shapes } from './shape.ts';

/** Every operation of the standard operator set that this engine runs and differentiates. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...elementwise,
    ...exponential,
    ...convolution,
    ...linear,
    ...pooling,
    ...normalization,
    ...shapes,
  }),
);
