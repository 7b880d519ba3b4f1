/** @file Imports one build of onnxruntime-web, in the form that bundlers find by reading. */

import type * as Ort from 'onnxruntime-web';

/** Only the build that is asked for is downloaded. */
export function importOrt(build: 'webgpu' | 'wasm'): Promise<typeof Ort> {
  return build === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm');
}
