/** @file A worker of the onnxruntime engine: its slice of every batch, its part of every update. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadOrt } from './ort.ts';
import type { Answer, Request, WorkerStart } from './protocol.ts';
import { NetworkRunner } from './runner.ts';
import { partOf, reducePart, updatePart } from './shared.ts';

const { rank, workers, ortModule, program, state, optimiser, scales }: WorkerStart = workerData;
const port = parentPort!;
const [from, to] = partOf(state, rank, workers);
let kept: Awaited<ReturnType<NetworkRunner['forward']>>['kept'] | undefined;

/** ONNX Runtime takes no views of shared memory, so the weights are copied once a step. */
function copyWeights(runner: NetworkRunner): void {
  for (const span of state.spans) runner.weights.get(span.name)!.set(state.parameters.subarray(span.from, span.to));
}

async function answer(runner: NetworkRunner, request: Request): Promise<Float32Array | number | undefined> {
  switch (request.kind) {
    case 'forward': {
      copyWeights(runner);
      const made = await runner.forward(request.images, request.n, { ...request, training: true });
      kept = made.kept;
      return made.z;
    }
    case 'backward': {
      const gradients = await runner.backward(kept!, request.dz);
      kept = undefined;
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
      await runner.setInference(request.model);
      return undefined;
    case 'embed':
      return runner.embed(request.images, request.n);
  }
}

const runner = await NetworkRunner.open(program, await loadOrt(ortModule));
port.on('message', async ({ id, request }: { id: number; request: Request }) => {
  let reply: Answer;
  try {
    reply = { id, value: await answer(runner, request) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    reply = { id, error: { message, stack } };
  }
  port.postMessage(reply);
});
// Requests wait in the port until now; this one says that sessions are open.
port.postMessage({ id: 0, value: undefined } satisfies Answer);
