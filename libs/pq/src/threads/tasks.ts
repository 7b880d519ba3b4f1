/** @file What worker threads can do: one table. Inputs and outputs are what `postMessage` can clone. */
import type { Codebook } from '../codebook.ts';
import { encode } from '../encode.ts';
import { type AbortSignalLike, throwIfAborted } from '../errors.ts';
import type { Kmeans } from '../kmeans.ts';
import { learnSubspace, type SubspaceWork } from '../learn.ts';
import { answerTurn, type TurnInput, type TurnOutput } from '../live/batch.ts';
import { type BuiltBase, buildHere, type MergeInput, mergeHere, sendable } from '../live/merge.ts';
import type { BuildOptions } from '../search/build.ts';
import { giveWay } from './builtin.ts';

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

  /** The codewords of one subspace; its progress is iterations. */
  learn(work: SubspaceWork, context: TaskContext): Kmeans {
    const result = learnSubspace(work, (iteration) => {
      context.progress(iteration);
      throwIfAborted(context.signal);
    });
    context.transfer(result.assignment.buffer, result.codewords.buffer);
    return result;
  },

  /** A base of given items, in a memory of its own. */
  buildIndex(input: BuildOptions, { signal }: TaskContext): BuiltBase {
    return sendable(buildHere({ ...input, signal }));
  },

  /** The live items of a base and its tail as a new base. */
  mergeIndex(input: MergeInput, { signal }: TaskContext): BuiltBase {
    giveWay();
    return sendable(mergeHere(input, signal));
  },

  /** Some queries of a batch. */
  async answerQueries(input: TurnInput, context: TaskContext): Promise<TurnOutput> {
    const output = await answerTurn(input);
    context.transfer(output.ids.buffer, output.distances.buffer);
    return output;
  },
} satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = Parameters<(typeof tasks)[N]>[0];
export type TaskOutput<N extends TaskName> = Awaited<ReturnType<(typeof tasks)[N]>>;
