/** @file Where a network can run on a server. */

import { ServerError } from './errors.ts';

/** ONNX Runtime's execution providers, best first. */
export const PROVIDERS = ['cuda', 'webgpu', 'cpu'] as const;

/** One of them. */
export type Provider = (typeof PROVIDERS)[number];

/** A provider that didn't start, and why. */
export interface Refusal {
  readonly provider: Provider;
  readonly reason: string;
}

/** What runs the network. */
export interface Choice {
  readonly provider: Provider;
  /** Those that were tried before. */
  readonly refused: readonly Refusal[];
  /** Threads of the CPU provider that share one run. */
  readonly threads: number;
}

/**
 * The providers to try, in order: all of them for `auto`, else exactly the one asked for.
 *
 * ONNX Runtime throws for a list whose first provider is missing instead of taking the second, so each is tried alone.
 *
 * @throws ServerError `PROVIDER_UNAVAILABLE` for a name that isn't one
 */
export function providersToTry(asked: string = 'auto'): readonly Provider[] {
  if (asked === 'auto') return PROVIDERS;
  const provider = PROVIDERS.find((name) => name === asked);
  if (provider) return [provider];
  throw new ServerError(
    'PROVIDER_UNAVAILABLE',
    `There is no provider ${JSON.stringify(asked)}; ask for auto, ${PROVIDERS.join(', ')}.`,
  );
}

/** One line for people: `cpu, 2 threads (cuda: …; webgpu: …)`. */
export function describeChoice({ provider, refused, threads }: Choice): string {
  const how = provider === 'cpu' ? `cpu, ${threads} thread${threads === 1 ? '' : 's'}` : provider;
  const why = refused.map((refusal) => `${refusal.provider}: ${refusal.reason}`).join('; ');
  return why ? `${how} (${why})` : how;
}
