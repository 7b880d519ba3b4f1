/** @file What a network's inputs and outputs must look like, read from its session. */

import { RuntimeError } from './errors.ts';
import type { SessionLike, ValueInfo } from './session.ts';

/**
 * Side of the square input of `model.onnx`, in pixels.
 *
 * @throws RuntimeError `NOT_A_MODEL` unless the first input is uint8 [N, S, S, 3]
 */
export function networkSize(session: SessionLike): number {
  const input = session.inputMetadata[0];
  const shape = input?.shape ?? [];
  const [, height, width, channels] = shape;
  if (
    session.inputNames.length !== 1 ||
    input?.type !== 'uint8' ||
    shape.length !== 4 ||
    typeof height !== 'number' ||
    height !== width ||
    channels !== 3
  ) {
    throw new RuntimeError(
      'NOT_A_MODEL',
      `model.onnx takes ${session.inputMetadata.map(describe).join(', ') || 'nothing'}; expected one input, uint8 [N, S, S, 3]. ` +
        'Write the folder by `dqn export`.',
    );
  }
  return height;
}

/**
 * D, the length of the embedding that `model.onnx` gives.
 *
 * @throws RuntimeError `NOT_A_MODEL` unless the first output is float32 [N, D]
 */
export function dimensionsOf(session: SessionLike): number {
  const output = session.outputMetadata[0];
  const shape = output?.shape ?? [];
  const d = shape[1];
  if (output?.type !== 'float32' || shape.length !== 2 || typeof d !== 'number') {
    throw new RuntimeError(
      'NOT_A_MODEL',
      `model.onnx gives ${session.outputMetadata.map(describe).join(', ') || 'nothing'}; expected float32 [N, D]. ` +
        'Write the folder by `dqn export`.',
    );
  }
  return d;
}

function describe(value: ValueInfo): string {
  return `${value.name}: ${value.type ?? 'no tensor'} [${(value.shape ?? []).join(', ')}]`;
}
