/** @file What a pretrained network expects of its pixels, as said on the command line. */
import type { PixelLayout, PixelScaling } from '@dqn/onnx';
import { TrainerError } from '../errors.ts';

/** What a network expects: (pixel − mean) · scale, pixels 0–255; the layout where it has to be told. */
export interface PixelSpec extends PixelScaling {
  readonly layout?: PixelLayout;
}

const same = (value: number): readonly number[] => [value, value, value];

const CONVENTIONS = {
  /** ImageNet's mean and deviation: torchvision, timm, MXNet's Gluon. */
  torch: { channels: 'rgb', mean: [123.675, 116.28, 103.53], scale: [1 / 58.395, 1 / 57.12, 1 / 57.375] },
  /** −1 to 1: TensorFlow's MobileNets. */
  tf: { channels: 'rgb', mean: same(127.5), scale: same(1 / 127.5) },
  /** BGR less the mean: Caffe's networks. */
  caffe: { channels: 'bgr', mean: [104, 117, 123], scale: same(1) },
  /** 0 to 1: networks that normalise by themselves. */
  unit: { channels: 'rgb', mean: same(0), scale: same(1 / 255) },
  /** 0 to 255, as stored. */
  raw: { channels: 'rgb', mean: same(0), scale: same(1) },
} as const satisfies Record<string, PixelSpec>;

/** A convention by its name. */
export type PixelConvention = keyof typeof CONVENTIONS;

/** Names of the conventions, for the help. */
export const PIXEL_CONVENTIONS = Object.keys(CONVENTIONS) as PixelConvention[];

/** How `--pixels` is written, for help and errors. */
export const PIXELS_HELP =
  'torch (less ImageNet\'s mean, by its deviation), tf (-1 to 1), caffe (BGR less the mean), unit (0 to 1), raw (0 to 255), or "mean=R,G,B;std=R,G,B;order=rgb|bgr;layout=nchw|nhwc" in units of 0-255';

function three(key: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.length === 1) numbers.push(numbers[0], numbers[0]);
  if (numbers.length !== 3 || !numbers.every(Number.isFinite) || (key === 'std' && numbers.some((n) => n <= 0))) {
    throw new TrainerError('WRONG_USAGE', `--pixels has ${key}=${text}; expected one number or three, of 0-255`);
  }
  return numbers;
}

/**
 * Reads `--pixels`: a convention's name, or `mean=…;std=…;order=…;layout=…` (what is left out: 0, 1, rgb, unknown).
 *
 * @throws TrainerError WRONG_USAGE
 */
export function parsePixels(text: string): PixelSpec {
  if (Object.hasOwn(CONVENTIONS, text)) return CONVENTIONS[text as PixelConvention];
  const wrong = () => new TrainerError('WRONG_USAGE', `--pixels is "${text}"; expected ${PIXELS_HELP}`);
  const known = new Map<string, string>();
  for (const part of text.split(';')) {
    const [key, value, ...rest] = part.split('=').map((word) => word.trim().toLowerCase());
    if (!value || rest.length > 0 || !['mean', 'std', 'order', 'layout'].includes(key)) throw wrong();
    known.set(key, value);
  }
  const order = known.get('order') ?? 'rgb';
  const layout = known.get('layout');
  if ((order !== 'rgb' && order !== 'bgr') || (layout !== undefined && layout !== 'nchw' && layout !== 'nhwc')) {
    throw wrong();
  }
  return {
    channels: order,
    mean: three('mean', known.get('mean') ?? '0'),
    scale: three('std', known.get('std') ?? '1').map((value) => 1 / value),
    ...(layout && { layout }),
  };
}

/** What {@link parsePixels} would read the same from. */
export function pixelsText(spec: PixelSpec): string {
  const { channels, mean, scale, layout } = spec;
  const named = PIXEL_CONVENTIONS.find((name) => {
    const known = CONVENTIONS[name];
    const same = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i]);
    return !layout && known.channels === channels && same(known.mean, mean) && same(known.scale, scale);
  });
  if (named) return named;
  const std = scale.map((value) => 1 / value);
  return `mean=${mean.join()};std=${std.join()};order=${channels}${layout ? `;layout=${layout}` : ''}`;
}
