/** @file What tests of this package and of those above it share; never built, never published. */

export type { SmallModel } from './small-model.ts';
export { CLASSES, madeUpPicture, nodeSession, smallGallery, smallModel } from './small-model.ts';
