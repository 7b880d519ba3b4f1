/** @file Operation → gradient rule: what can be trained. */
import type { Rule } from '../context.ts';
import { convolutionRules } from './convolution.ts';
import { elementwiseRules } from './elementwise.ts';
import { linearRules } from './linear.ts';
import { normalizationRules } from './normalization.ts';
import { poolingRules } from './pooling.ts';
import { reductionRules } from './reduction.ts';
import { shapeRules } from './shape.ts';
import { softmaxRules } from './softmax.ts';

/** Every operation that has a rule, of the standard operator set. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...elementwiseRules,
    ...linearRules,
    ...convolutionRules,
    ...poolingRules,
    ...normalizationRules,
    ...reductionRules,
    ...shapeRules,
    ...softmaxRules,
  }),
);
