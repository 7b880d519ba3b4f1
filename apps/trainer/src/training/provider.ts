/** @file Where `train` has ONNX Runtime compute: what was asked for, or what this machine offers. */
import { GraphBuilder, writeModel } from '@dqn/onnx';
import { openSession } from '@dqn/server/execution';
import { type Provider, TrainError } from '@dqn/train';
import { ORT_MODULES } from '../ort.ts';

/** `--provider`'s values. */
export const PROVIDER_CHOICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

/** One of them. */
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

/** A provider that opens sessions here. */
export interface ChosenProvider {
  readonly provider: Provider;
  /** The module to hand to `@dqn/train`. */
  readonly ortModule: string;
}

/** A graph of one operation. */
function probe(): Uint8Array {
  const b = new GraphBuilder('probe');
  b.output(b.node('Relu', [b.input('x', 'float32', [1])]), 'y');
  return writeModel(b.build());
}

/** Why a provider opens no session here; undefined where it does. */
async function refusal(provider: Provider): Promise<string | undefined> {
  try {
    await (await openSession(probe(), provider, { threads: 1 })).release();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const chosen = (provider: Provider): ChosenProvider => ({ provider, ortModule: ORT_MODULES[provider] });

/**
 * `auto` is CUDA where it opens, else the CPU. WebGPU is taken only by name: what it computes depends on the graphics
 * driver, and activations cross the bus twice a step.
 *
 * @param try_ - why a provider doesn't open; in place of trying it
 * @throws TrainError ENGINE_UNAVAILABLE: one that was asked for by name doesn't open; says why, and what to take
 */
export async function chooseProvider(
  asked: ProviderChoice,
  try_: (provider: Provider) => Promise<string | undefined> = refusal,
): Promise<ChosenProvider> {
  if (asked === 'cpu') return chosen('cpu');
  const why = await try_(asked === 'auto' ? 'cuda' : asked);
  if (asked === 'auto') return chosen(why === undefined ? 'cuda' : 'cpu');
  if (why === undefined) return chosen(asked);
  // WebGPU isn't tried for the message's sake: its library complains at length on stderr.
  const others = asked === 'webgpu' && (await try_('cuda')) === undefined ? 'cuda or cpu' : 'cpu';
  throw new TrainError(
    'ENGINE_UNAVAILABLE',
    `--provider ${asked} doesn't start here: ${why}. Here, take --provider ${others}.`,
  );
}
