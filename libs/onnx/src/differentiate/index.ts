/** @file What differentiation offers. */
export { blockProbe } from './blocked.ts';
export { type Differentiated, type DifferentiateOptions, differentiate } from './differentiate.ts';
export type { Mask } from './forward.ts';
