/** @file What differentiation offers. */
export { type Differentiated, differentiate } from './differentiate.ts';
export type { Mask } from './forward.ts';
