/** @file What the benchmark `step` trains: the head on frozen features, and MobileNetV2 behind a cut at 10 × 10. */
import { GraphBuilder } from '@dqn/onnx';

const FEATURES = 1280;
const HIDDEN = 512;
const DIMENSIONS = 120;
const DROPOUT = 0.2;

/** Input of the cut: MobileNetV2 at 160 px behind its last block of 64 channels. */
const CUT = { channels: 64, side: 10 };

/** The blocks behind it: channels, stride; each is widened by 6. */
export const BLOCKS = [
  [96, 1],
  [96, 1],
  [96, 1],
  [160, 2],
  [160, 1],
  [160, 1],
  [320, 1],
];

/** Features [N, 1280] → z [N, 120]; `fc` and `fcb` are the recipe's names. */
function head(b, features) {
  const row = (name, value) =>
    b.constant(name, { type: 'float32', dims: [1, FEATURES], data: new Float32Array(FEATURES).fill(value) });
  let x = b.node('Sub', [features, row('features.mean', 0.3)]);
  x = b.node('Mul', [x, row('features.scale', 2)]);
  x = b.dropout(x, { ratio: DROPOUT, name: 'features.dropout' });
  x = b.relu(b.gemm(x, { name: 'fc', size: HIDDEN }));
  x = b.dropout(x, { ratio: DROPOUT, name: 'fc.dropout' });
  b.output(b.tanh(b.gemm(x, { name: 'fcb', size: DIMENSIONS })), 'z');
}

function headGraph() {
  const b = new GraphBuilder('head', { seed: 1 });
  head(b, b.input('features', 'float32', ['N', FEATURES]));
  return b.build();
}

function tailGraph() {
  const b = new GraphBuilder('tail', { seed: 1 });
  const bound = (value) => b.constant(`bound.${value}`, { type: 'float32', dims: [], data: Float32Array.of(value) });
  const relu6 = (x) => b.node('Clip', [x, bound(0), bound(6)]);
  let x = b.input('cut', 'float32', ['N', CUT.channels, CUT.side, CUT.side]);
  let before = CUT.channels;
  BLOCKS.forEach(([channels, stride], i) => {
    const wide = before * 6;
    let y = relu6(b.conv(x, { name: `${i}.widen`, channels: wide, kernel: 1 }));
    y = relu6(b.conv(y, { name: `${i}.depth`, channels: wide, groups: wide, stride }));
    y = b.conv(y, { name: `${i}.narrow`, channels, kernel: 1 });
    x = stride === 1 && before === channels ? b.add(x, y) : y;
    before = channels;
  });
  x = relu6(b.conv(x, { name: 'last', channels: FEATURES, kernel: 1 }));
  head(b, b.flatten(b.globalAveragePool(x)));
  return b.build();
}

/** By the name that peer_step.py knows too: graph, batch, and numbers of one picture's input. */
export const NETWORKS = {
  head: { graph: headGraph, batch: 256, width: FEATURES },
  tail: { graph: tailGraph, batch: 64, width: CUT.channels * CUT.side * CUT.side },
};
