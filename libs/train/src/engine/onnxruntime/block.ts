/** @file Which layout the runtime's convolutions are fastest in: found out by trying. */
import { blockProbe, writeModel } from '@dqn/onnx';
import type { OrtModule } from './ort.ts';

/**
 * Channels in a block of the runtime's own layout (16 with AVX-512, 8 with AVX2 and NEON); `undefined` where it has none,
 * and the plain graph is trained. See `DifferentiateOptions.block` of @dqn/onnx.
 */
export async function findBlock(ort: OrtModule): Promise<number | undefined> {
  const { model, input, dims, output } = blockProbe();
  try {
    const session = await ort.createSession(writeModel(model), { threads: 1 });
    const made = await session.run(
      { [input]: new ort.Tensor('float32', new Float32Array(4), dims) },
      { [output]: null },
    );
    await session.release();
    const block = made[output]?.dims[1];
    return block === 8 || block === 16 ? block : undefined;
  } catch {
    // A runtime that doesn't know the operation trains the plain graph.
    return undefined;
  }
}
