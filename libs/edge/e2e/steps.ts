/** @file What writers do, step by step: the same wherever it is asked for. */
import { createRandom } from '@dqn/pq';

/** One write. */
export type WriterStep =
  | { readonly kind: 'put'; readonly ids: readonly string[]; readonly numbers: readonly number[] }
  | { readonly kind: 'remove'; readonly ids: readonly string[] };

/** Step n of a writer, who has ids of their own. */
export function stepOf(writer: string, n: number): WriterStep {
  const random = createRandom(n * 7919 + writer.charCodeAt(0));
  const ids = [...new Set(Array.from({ length: 1 + random.integer(4) }, () => `${writer} ${random.integer(25)}`))];
  if (random.integer(5) === 0) return { kind: 'remove', ids };
  return { kind: 'put', ids, numbers: ids.map(() => random.integer(65_536)) };
}

/** What is there of a writer after some steps, as the page tells it. */
export function afterSteps(writer: string, steps: number): Map<string, string> {
  const all = new Map<string, string>();
  for (let n = 0; n < steps; n++) {
    const step = stepOf(writer, n);
    for (const [i, id] of step.ids.entries()) {
      if (step.kind === 'remove') all.delete(id);
      else all.set(id, told(step.numbers[i]));
    }
  }
  return all;
}

function told(n: number): string {
  return `${n} label ${n % 5} ${1000 + (n % 20_000)} ${n & 255}`;
}
