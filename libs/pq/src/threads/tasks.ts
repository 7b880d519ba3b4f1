/** @file What worker threads can do: one table. Inputs and outputs are what `postMessage` can clone. */
import type { Codebook } from '../codebook.ts';
import { encode } from '../encode.ts';
import type { AbortSignalLike } from '../errors.ts';

/** What a task has beside its input. */
export interface TaskContext {
  /** For long tasks to look at (where memory can be shared: else it never says so). */
  readonly signal: AbortSignalLike;
  /** Tells the caller how far it is. */
  progress(done: number): void;
  /** Names buffers of the output that move to the caller instead of being copied. */
  transfer(...buffers: object[]): void;
}

// biome-ignore lint/suspicious/noExplicitAny: any input; TaskInput gives each its own
export type Task = (input: any, context: TaskContext) => unknown;

/** The tasks by name. */
export const tasks = {
  /** Codes of x [N, D]: [N, M]. */
  encode({ codebook, x }: { codebook: Codebook; x: Float32Array }, context: TaskContext): Uint8Array {
    const codes = encode(codebook, x, { signal: context.signal });
    context.transfer(codes.buffer);
    return codes;
  },
} satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = Parameters<(typeof tasks)[N]>[0];
export type TaskOutput<N extends TaskName> = Awaited<ReturnType<(typeof tasks)[N]>>;
