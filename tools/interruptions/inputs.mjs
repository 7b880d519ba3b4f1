/** @file Small pictures, a small backbone, and the commands that learn from them within seconds. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeThumbnail } from '@dqn/data';
import { GraphBuilder, writeModel } from '@dqn/onnx';
import { createRandom } from '@dqn/pq';

const SMALL = ['--size', '32', '--bits', '16', '--codewords', '16', '--engine', 'onnxruntime', '--workers', '1'];
/** A state after every step, so that whatever moment it is, one has just been, or is being, written. */
const OFTEN = ['--checkpoint', '0'];

/** What is learnt: arguments of `dqn` by the name of the kind. */
export const KINDS = {
  pixels: ({ pictures }, out) => ['train', '--data', pictures, '--out', out, '--epochs', '6', ...SMALL, ...OFTEN],
  head: ({ pictures, backbone }, out) => [
    ...['train', '--data', pictures, '--out', out, '--epochs', '16', ...SMALL, ...OFTEN],
    ...['--backbone', backbone, '--pixels', 'tf'],
  ],
  tail: (inputs, out) => [...KINDS.head(inputs, out), '--cut', 'first.relu'],
  best: (inputs, out) => [...KINDS.head(inputs, out), '--cut', 'first.relu', '--recipe', 'best', '--epochs', '4'],
};

/** Three classes that differ in colour, and a network of two blocks that nobody has trained. */
export async function makeInputs(folder) {
  const pictures = join(folder, 'pictures');
  const random = createRandom(5);
  for (const [name, colour] of Object.entries({ red: [200, 60, 60], green: [60, 200, 60], blue: [60, 60, 200] })) {
    await mkdir(join(pictures, name), { recursive: true });
    for (let i = 0; i < 40; i++) {
      const data = Uint8Array.from({ length: 40 * 40 * 3 }, (_, at) =>
        Math.min(255, Math.max(0, colour[at % 3] + 60 * random.normal())),
      );
      await writeFile(join(pictures, name, `${i}.webp`), await encodeThumbnail({ width: 40, height: 40, data }, 40));
    }
  }
  const b = new GraphBuilder('small', { seed: 2 });
  let x = b.input('data', 'float32', ['N', 3, 32, 32]);
  x = b.relu(b.conv(x, { name: 'first', channels: 8, stride: 2 }), 'first.relu');
  x = b.add(x, b.relu(b.conv(x, { name: 'second', channels: 8 })), 'sum');
  x = b.relu(b.conv(x, { name: 'third', channels: 16, stride: 2 }), 'third.relu');
  x = b.flatten(b.globalAveragePool(x, 'pooled'), 'flat');
  b.output(b.gemm(x, { name: 'fc', size: 10 }), 'logits');
  const backbone = join(folder, 'small.onnx');
  await writeFile(backbone, writeModel(b.build()));
  return { pictures, backbone };
}
