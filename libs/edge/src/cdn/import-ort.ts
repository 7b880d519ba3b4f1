/** @file Imports one build of onnxruntime-web from beside the script, in the place of ../import-ort.ts. */

import type * as Ort from 'onnxruntime-web';

/** Only the build that is asked for is downloaded. */
export function importOrt(build: 'webgpu' | 'wasm'): Promise<typeof Ort> {
  const { dqnEdgeRuntime } = globalThis as unknown as { dqnEdgeRuntime: string };
  return import(new URL(`ort.${build}.bundle.min.mjs`, dqnEdgeRuntime).href);
}
