/** @file What every worker does, whatever engine it runs: its slice of each batch, its part of each update. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ForwardOptions, NetworkInput } from '../engine.ts';
import type { Answer, Request, WorkerStart } from './protocol.ts';
import { partOf, reducePart, type SharedState, updatePart } from './shared.ts';

/** One thread's network. */
export interface Runner<Kept> {
  /** Takes the weights of now; called before every forward pass. */
  load(state: SharedState): void;
  forward(images: NetworkInput, n: number, o: ForwardOptions): Promise<{ z: Float32Array; kept: Kept }>;
  backward(kept: Kept, dz: Float32Array): Promise<ReadonlyMap<string, Float32Array>>;
  /** Frees what a forward pass kept when no backward pass has come. */
  release(kept: Kept): void;
  /** Prepares for `embed` with the weights of now. */
  setInference(model: Uint8Array | undefined, state: SharedState): Promise<void>;
  embed(images: NetworkInput, n: number): Promise<Float32Array>;
}

/** Opens the runner from what the learner sent, and answers until the thread is ended. */
export async function serve<Setup, Kept>(open: (start: WorkerStart<Setup>) => Promise<Runner<Kept>>): Promise<void> {
  const start: WorkerStart<Setup> = workerData;
  const { rank, workers, state, optimiser, scales } = start;
  const port = parentPort!;
  const [from, to] = partOf(state, rank, workers);
  const runner = await open(start);
  let kept: Kept | undefined;

  async function answer(request: Request): Promise<Float32Array | number | undefined> {
    switch (request.kind) {
      case 'forward': {
        if (kept !== undefined) runner.release(kept);
        runner.load(state);
        const made = await runner.forward(request.images, request.n, { ...request, training: true });
        kept = made.kept;
        return made.z;
      }
      case 'backward': {
        const last = kept!;
        kept = undefined;
        const gradients = await runner.backward(last, request.dz);
        const own = state.gradients[rank]!;
        for (const span of state.spans) own.set(gradients.get(span.name)!, span.from);
        return undefined;
      }
      case 'reduce':
        return reducePart(state, request.ranks, from, to);
      case 'update':
        updatePart(state, optimiser, scales, request.update, from, to);
        return undefined;
      case 'inference':
        await runner.setInference(request.model, state);
        return undefined;
      case 'embed':
        return runner.embed(request.images, request.n);
    }
  }

  port.on('message', async ({ id, request }: { id: number; request: Request }) => {
    let reply: Answer;
    try {
      reply = { id, value: await answer(request) };
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
      reply = { id, error: { message, stack } };
    }
    port.postMessage(reply);
  });
  // Requests wait in the port until now; this one says that the network is loaded.
  port.postMessage({ id: 0, value: undefined } satisfies Answer);
}
