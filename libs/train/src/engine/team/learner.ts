/**
 * @file An engine with an optimiser, on any number of worker threads that share each batch exactly.
 *
 * A step: every worker runs forward on its rows; the z of all rows go to the loss, once, on this thread; every worker
 * gets its rows of dz back and runs backward; each sums the gradients of all workers, in order of rank, for its part of
 * the parameters and updates that part. The barriers are the answers this thread waits for, so a worker that fails ends
 * the wait with an error. One seed and number of workers give the same bits every time; another number of workers
 * differs by the order of float sums alone.
 */
import { checkAborted, TrainError } from '../../errors.ts';
import type {
  Batch,
  EngineName,
  Learner,
  LearnerOptions,
  LearnerState,
  LossFunction,
  LossResult,
  NetworkInput,
  Parameter,
  StepResult,
} from '../engine.ts';
import { createSharedState, type SharedState } from './shared.ts';
import { Team } from './team.ts';

/** What one engine brings to a team. */
export interface TeamEngine {
  readonly name: EngineName;
  /** For people, by the number of workers: `ONNX Runtime, CPU, 2 threads`. */
  readonly device: (workers: number) => string;
  /** The module that its workers run. */
  readonly worker: URL;
  /** What they are sent besides the shared memory; cloneable. */
  readonly setup: unknown;
  /** Of one picture, or of what a trunk made of it. */
  readonly imageDims: readonly number[];
  /** D. */
  readonly dimensions: number;
  readonly parameters: readonly { readonly name: string; readonly dims: readonly number[] }[];
  /** A model with these weights, where workers want one for `embed`. */
  readonly inferenceModel?: (weights: ReadonlyMap<string, Float32Array>) => Uint8Array;
}

/** Images a worker embeds at once. */
const EMBED_BATCH = 64;

/** See {@link openTeam}. */
export class TeamLearner implements Learner {
  readonly engine: EngineName;
  readonly device: string;
  readonly workers: number;
  readonly dimensions: number;
  readonly #network: TeamEngine;
  readonly #state: SharedState;
  readonly #team: Team;
  readonly #signal: AbortSignal | undefined;
  #updates = 0;
  /** Whether the workers' networks for `embed` hold today's weights. */
  #inferenceReady = false;
  #busy = false;

  constructor(network: TeamEngine, state: SharedState, team: Team, signal: AbortSignal | undefined) {
    this.#network = network;
    this.#state = state;
    this.#team = team;
    this.#signal = signal;
    this.engine = network.name;
    this.workers = team.size;
    this.dimensions = network.dimensions;
    this.device = network.device(team.size);
  }

  step(batch: Batch, loss: LossFunction): Promise<StepResult> {
    return this.#alone(async () => {
      const { z, result, norm, ranks } = await this.#gradient(batch, loss);
      const { clipNorm } = batch;
      const gradientScale = clipNorm !== undefined && norm > clipNorm ? clipNorm / norm : 1;
      this.#updates += 1;
      this.#inferenceReady = false;
      const update = {
        gradientOf: ranks[0]!,
        learningRate: batch.learningRate,
        gradientScale,
        update: this.#updates,
      };
      await this.#all((rank) => this.#team.ask(rank, { kind: 'update', update }));
      return { ...result, z, gradientNorm: norm };
    });
  }

  /** The gradient of a batch without an update: a copy for every parameter. For tests and inspection. */
  gradients(batch: Batch, loss: LossFunction): Promise<Map<string, Float32Array>> {
    return this.#alone(async () => {
      const { ranks } = await this.#gradient(batch, loss);
      const sum = this.#state.gradients[ranks[0]!]!;
      return new Map(this.#state.spans.map(({ name, from, to }) => [name, Float32Array.from(sum.subarray(from, to))]));
    });
  }

  embed(images: NetworkInput, n: number, options: { signal?: AbortSignal } = {}): Promise<Float32Array> {
    return this.#alone(async () => {
      this.#checkImages(images, n);
      await this.#prepareInference();
      const pixels = images.length / n;
      const z = new Float32Array(n * this.dimensions);
      let next = 0;
      const work = async (rank: number): Promise<void> => {
        while (next < n) {
          this.#checkAborted(options.signal);
          const from = next;
          next = Math.min(n, from + EMBED_BATCH);
          const slice = images.slice(from * pixels, next * pixels);
          const rows = next - from;
          const part = await this.#team.ask(rank, { kind: 'embed', images: slice, n: rows }, [slice.buffer]);
          z.set(part as Float32Array, from * this.dimensions);
        }
      };
      await this.#all(work);
      return z;
    });
  }

  async parameters(): Promise<Map<string, Parameter>> {
    return new Map(
      this.#state.spans.map(({ name, from, to }, i) => [
        name,
        {
          dims: [...this.#network.parameters[i]!.dims],
          data: Float32Array.from(this.#state.parameters.subarray(from, to)),
        },
      ]),
    );
  }

  async state(): Promise<LearnerState> {
    const slots = new Map(
      this.#state.spans.map(({ name, from, to }) => [
        name,
        this.#state.slots.map((slot) => Float32Array.from(slot.subarray(from, to))),
      ]),
    );
    return { parameters: await this.parameters(), slots, updates: this.#updates };
  }

  async restore(state: Pick<LearnerState, 'parameters'> & Partial<LearnerState>): Promise<void> {
    const place = (name: string, values: Float32Array, into: Float32Array) => {
      const span = this.#state.spans.find((s) => s.name === name);
      if (!span || values.length !== span.to - span.from) {
        throw new TrainError(
          'BAD_OPTION',
          `"${name}" with ${values.length} elements ${span ? `should have ${span.to - span.from}` : 'is no parameter of this network'}; restore the state of the same network`,
        );
      }
      into.set(values, span.from);
    };
    for (const [name, { data }] of state.parameters) place(name, data, this.#state.parameters);
    this.#state.slots.forEach((slot, i) => {
      slot.fill(0);
      for (const [name, slots] of state.slots ?? []) if (slots[i]) place(name, slots[i], slot);
    });
    this.#updates = state.updates ?? 0;
    this.#inferenceReady = false;
  }

  close(): Promise<void> {
    return this.#team.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Forward, loss, backward and the sum: afterwards the gradient of worker `ranks[0]` is that of the batch. */
  async #gradient(
    batch: Batch,
    loss: LossFunction,
  ): Promise<{ z: Float32Array; result: LossResult; norm: number; ranks: number[] }> {
    const { images, n, step, seed } = batch;
    this.#checkImages(images, n);
    const D = this.dimensions;
    const pixels = images.length / n;
    const row = (rank: number) => Math.floor((n * rank) / this.workers);
    const ranks = Array.from({ length: this.workers }, (_, rank) => rank).filter((rank) => row(rank) < row(rank + 1));
    const z = new Float32Array(n * D);
    await settled(
      ranks.map(async (rank) => {
        const [from, to] = [row(rank), row(rank + 1)];
        const slice = images.slice(from * pixels, to * pixels);
        const request = { kind: 'forward', images: slice, n: to - from, firstRow: from, step, seed } as const;
        z.set((await this.#team.ask(rank, request, [slice.buffer])) as Float32Array, from * D);
      }),
    );
    const result = await loss(z, n);
    if (!Number.isFinite(result.loss)) throw notFinite(`the loss is ${result.loss}`, step);
    if (result.dz.length !== n * D) {
      throw new TrainError('BAD_OPTION', `the loss gave dz of ${result.dz.length} elements; expected ${n} × ${D}`);
    }
    await settled(
      ranks.map((rank) => {
        const dz = result.dz.slice(row(rank) * D, row(rank + 1) * D);
        return this.#team.ask(rank, { kind: 'backward', dz }, [dz.buffer as ArrayBuffer]);
      }),
    );
    const squares = await this.#all((rank) => this.#team.ask(rank, { kind: 'reduce', ranks }));
    const norm = Math.sqrt(squares.reduce<number>((sum, part) => sum + (part as number), 0));
    if (!Number.isFinite(norm)) throw notFinite(`the gradient's norm is ${norm}`, step);
    return { z, result, norm, ranks };
  }

  async #prepareInference(): Promise<void> {
    if (this.#inferenceReady) return;
    const weights = () =>
      new Map(this.#state.spans.map(({ name, from, to }) => [name, this.#state.parameters.subarray(from, to)]));
    const model = this.#network.inferenceModel?.(weights());
    await this.#all((rank) => this.#team.ask(rank, { kind: 'inference', model }));
    this.#inferenceReady = true;
  }

  #all<T>(ask: (rank: number) => Promise<T>): Promise<T[]> {
    return settled(Array.from({ length: this.workers }, (_, rank) => ask(rank)));
  }

  #checkImages(images: NetworkInput, n: number): void {
    const pixels = this.#network.imageDims.reduce((product, dim) => product * dim, 1);
    if (Number.isInteger(n) && n >= 1 && images.length === n * pixels) return;
    throw new TrainError(
      'BAD_OPTION',
      `${images.length} numbers for ${n} images; expected n ≥ 1 images of [${this.#network.imageDims}], ${pixels} numbers each`,
    );
  }

  #checkAborted(signal?: AbortSignal): void {
    checkAborted(this.#signal);
    checkAborted(signal);
  }

  /** Calls must not overlap: gradients and weights are shared memory. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#checkAborted();
    if (this.#busy) {
      throw new TrainError('BAD_OPTION', 'the learner is busy; wait for the last call before the next one');
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }
}

function notFinite(what: string, step: number): TrainError {
  return new TrainError(
    'NOT_FINITE',
    `${what} at step ${step}; nothing was updated. Take a lower learning rate, or clip the gradient's norm.`,
  );
}

/** Like Promise.all, but waits for all before it throws: nobody writes to shared memory after the call has ended. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/**
 * Starts the workers of an engine on a network's first weights.
 *
 * Throws TrainError: BAD_OPTION, ENGINE_FAILED (the engine doesn't load in a worker, or refuses the graph), ABORTED.
 */
export async function openTeam(network: TeamEngine, o: LearnerOptions): Promise<TeamLearner> {
  const workers = o.workers ?? 1;
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new TrainError('BAD_OPTION', `${workers} workers; expected a whole number from 1 to 256`);
  }
  checkAborted(o.signal);
  const state = createSharedState(network.parameters, o.optimiser, workers);
  for (const { name, from } of state.spans) {
    state.parameters.set(o.graph.initializers.get(name)!.data as Float32Array, from);
  }
  const start = { workers, state, optimiser: o.optimiser, scales: o.scales ?? {}, setup: network.setup };
  const starts = Array.from({ length: workers }, (_, rank) => ({ ...start, rank }));
  const team = await Team.open({ engine: network.name, worker: network.worker, starts });
  return new TeamLearner(network, state, team, o.signal);
}
