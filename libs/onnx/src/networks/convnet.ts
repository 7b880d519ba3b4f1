/** @file The built-in network for small pictures, 32 to 64 px. */
import { GraphBuilder, type Initial } from '../builder.ts';
import { OnnxError } from '../errors.ts';
import type { Graph } from '../graph.ts';
import { float32 } from '../tensor.ts';

/** One stage: convolutions of one width, then a pool that halves the picture. */
export interface ConvStage {
  /** Output channels. */
  readonly width: number;
  /** Edge of the kernels, odd; 3 if left out. */
  readonly kernel?: number;
  /** Convolutions of this stage; 1 if left out. */
  readonly convs?: number;
  /** What halves the picture behind the stage; `max` (2 x 2) if left out. */
  readonly pool?: 'max' | 'average' | 'none';
  /** Residual blocks of two convolutions (He et al. 2016), behind the stage's convolutions and pool; 0 if left out. */
  readonly blocks?: number;
  /**
   * Residual branches of one convolution each behind the stage's pool (and blocks): x + a conv(relu(x)) with a learnt
   * number a, .3 at first, and a ReLU behind the last; 0 if left out.
   */
  readonly branches?: number;
  /** Dropout behind the stage, [0, 1). */
  readonly dropout?: number;
}

/** A first convolution that isn't trained, without bias and activation: whitening filters, say. */
export interface ConvStem {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  /** [channels, 3, kernel, kernel] row-major, applied to the centred and scaled pixels. */
  readonly weights: Float32Array;
}

/** What {@link convnet} builds. */
export interface ConvnetOptions {
  /** Edge of the square input, 32 to 64 px. */
  readonly size: number;
  /** D, the bottleneck's dimensions. */
  readonly dimensions: number;
  /** Of the initial weights. */
  readonly seed: number;
  /** What comes before the first stage; nothing if left out. */
  readonly stem?: ConvStem;
  /** From the picture on; {@link convnetStages} of the size if left out. */
  readonly stages?: readonly ConvStage[];
  /** `none`, `weight` (scaled weight standardisation: costs nothing when serving) or `group` (16 channels a group). */
  readonly normalization?: 'none' | 'weight' | 'group';
  /** Convolutions are begun as the identity as far as there are channels: see `ConvOptions.identity`. */
  readonly identity?: boolean;
  /** What stands between the last stage and the bottleneck; `flatten` if left out. */
  readonly head?: 'flatten' | 'average';
  /** Units of a hidden fully connected layer with ReLU before the bottleneck; 0 (none) if left out. */
  readonly hidden?: number;
  /** Dropout before the bottleneck, [0, 1); 0 if left out. */
  readonly dropout?: number;
  /** Of the bottleneck's initial weights; `lecun` if left out (the paper's N(0, .01) is for a pretrained network). */
  readonly bottleneck?: Initial;
  /** Of the pixels, 0-255 by channel; those of CIFAR-10 if left out, which suit photographs. */
  readonly mean?: readonly number[];
  /** Multiplies the centred pixels; 1 / 64 (about one standard deviation) if left out. */
  readonly scale?: readonly number[];
  readonly metadata?: Record<string, string>;
}

/** The default stages: three, and a fourth above 48 px so that the bottleneck sees as little as at 32. */
export function convnetStages(size: number): readonly ConvStage[] {
  const stages = [
    { width: 32, kernel: 5 },
    { width: 64, kernel: 5 },
    { width: 128, kernel: 5 },
  ];
  return size > 48 ? [...stages, { width: 128, kernel: 3 }] : stages;
}

function checkOptions(o: ConvnetOptions): void {
  const whole = (name: string, value: number, low: number, high: number) => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new OnnxError('BAD_OPTION', `${name} is ${value}; a convnet takes whole numbers from ${low} to ${high}`);
  };
  whole('size', o.size, 32, 64);
  whole('dimensions', o.dimensions, 1, 65536);
  for (const stage of o.stages ?? []) {
    whole('width of a stage', stage.width, 1, 8192);
    whole('kernel of a stage', stage.kernel ?? 3, 1, 15);
    if ((stage.kernel ?? 3) % 2 === 0)
      throw new OnnxError('BAD_OPTION', `kernel ${stage.kernel} is even; take an odd one`);
    whole('convs of a stage', stage.convs ?? 1, 1, 64);
    whole('blocks of a stage', stage.blocks ?? 0, 0, 64);
    whole('branches of a stage', stage.branches ?? 0, 0, 64);
  }
  if (o.stem) {
    const { channels, kernel, weights } = o.stem;
    const count = channels * 3 * kernel * kernel;
    if (weights.length !== count) {
      throw new OnnxError(
        'BAD_OPTION',
        `the stem has ${weights.length} weights; expected ${channels} x 3 x ${kernel} x ${kernel} = ${count}`,
      );
    }
  }
}

/**
 * A convolutional network from scratch: input `image` uint8 [N, size, size, 3] RGB, output `z` float32 [N, D],
 * z = tanh(W h + b). Parameters: `convX[.Y].weight`, `.bias` ..., `fcb.weight`, `fcb.bias`.
 *
 * Throws BAD_OPTION for a size outside 32..64 and other options out of range.
 *
 * @example const graph = convnet({ size: 32, dimensions: 300, seed: 1 });
 */
export function convnet(o: ConvnetOptions): Graph {
  checkOptions(o);
  const normalization = o.normalization ?? 'none';
  const b = new GraphBuilder('convnet', { seed: o.seed, ...(o.metadata ? { metadata: o.metadata } : {}) });
  const layer = (x: string, name: string, width: number, kernel: number) => {
    const bias = normalization === 'group' ? false : 0;
    const y = b.conv(x, {
      name,
      channels: width,
      kernel,
      bias,
      standardize: normalization === 'weight',
      identity: o.identity ?? false,
    });
    return normalization === 'group' ? b.groupNorm(y, { name: `${name}.norm`, groups: groupsOf(width) }) : y;
  };
  const scale = o.scale ?? [1 / 64, 1 / 64, 1 / 64];
  let x = b.pixels(o.size, { mean: o.mean ?? [125.3, 123, 113.9], scale });
  if (o.stem) x = frozenStem(b, x, o.stem);
  (o.stages ?? convnetStages(o.size)).forEach((stage, index) => {
    const name = `conv${index + 1}`;
    const { width, kernel = 3, convs = 1, pool = 'max', blocks = 0, branches = 0, dropout = 0 } = stage;
    for (let i = 1; i <= convs; i += 1) x = b.relu(layer(x, convs === 1 ? name : `${name}.${i}`, width, kernel));
    if (pool === 'max') x = b.maxPool(x, { kernel: 2, name: `pool${index + 1}` });
    if (pool === 'average') x = b.averagePool(x, { kernel: 2, name: `pool${index + 1}` });
    for (let i = 1; i <= blocks; i += 1) {
      const inner = b.relu(layer(x, `${name}.block${i}.1`, width, kernel));
      x = b.add(x, b.relu(layer(inner, `${name}.block${i}.2`, width, kernel)));
    }
    for (let i = 1; i <= branches; i += 1) {
      const branch = `${name}.branch${i}`;
      // What comes out of a pool of ReLUs, or of blocks, has no negative number for the first ReLU to take.
      const y = layer(i === 1 ? x : b.relu(x), branch, width, kernel);
      const share = b.parameter(`${branch}.share`, float32([1], [0.3]));
      x = b.add(x, b.node('Mul', [y, share], {}, { name: `${branch}.shared` }));
      if (i === branches) x = b.relu(x);
    }
    x = b.dropout(x, { ratio: dropout, name: `dropout${index + 1}` });
  });
  if (o.head === 'average') x = b.globalAveragePool(x, 'average');
  x = b.flatten(x, 'features');
  if (o.hidden) x = b.relu(b.gemm(x, { name: 'fc', size: o.hidden }));
  x = b.dropout(x, { ratio: o.dropout ?? 0, name: 'dropout' });
  b.bottleneck(x, { dimensions: o.dimensions, initial: o.bottleneck ?? 'lecun' });
  return b.build();
}

function frozenStem(b: GraphBuilder, x: string, { channels, kernel, stride, pad, weights }: ConvStem): string {
  const weight = b.constant('stem.weight', float32([channels, 3, kernel, kernel], weights));
  const attributes = {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [pad, pad, pad, pad] },
  };
  return b.node('Conv', [x, weight], attributes, { name: 'stem' });
}

/** Groups of 16 channels, or of as many as divide the width. */
function groupsOf(width: number): number {
  let groups = Math.max(1, Math.round(width / 16));
  while (width % groups !== 0) groups -= 1;
  return groups;
}
