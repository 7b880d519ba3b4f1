/**
 * @file The objective as a graph on ONNX Runtime: several times faster than TF.js on wasm, with the same definition.
 */

import { writeModel } from '@dqn/onnx';
import type { OrtModule, OrtSession, OrtTensor } from '../engine/onnxruntime/ort.ts';
import { defineLoss, type LossForm } from './definition.ts';
import { booksOf, checkLossInput, type DqnLoss, type DqnLossInput, lossOf } from './dqn-loss.ts';
import { NodeAlgebra } from './nodes.ts';

/** The codebooks' shape as a graph is made for it; 0 codebooks: the pairwise loss alone. */
interface BookShape {
  readonly M: number;
  readonly K: number;
  readonly rotated: boolean;
}

/** The graph of a loss, for batches of one size. */
export function lossGraph(form: LossForm, { M, K, rotated }: BookShape): Uint8Array {
  const { n, D } = form;
  const nodes = new NodeAlgebra();
  const { L, dz, quantized } = defineLoss<string>(
    nodes,
    {
      z: nodes.input('z', [n, D]),
      similar: nodes.input('similar', [n, n]),
      ...(M > 0 && { books: Array.from({ length: M }, (_, m) => nodes.input(`book${m}`, [K, D / M])) }),
      ...(rotated && { rotation: nodes.input('rotation', [D, D]) }),
    },
    form,
  );
  const { Q, A, codes = [], atCodes } = quantized ?? {};
  return writeModel(
    nodes.graph({
      L: { of: L, dims: [] },
      dz: { of: dz, dims: [n, D] },
      ...(Q !== undefined && { Q: { of: Q, dims: [] } }),
      ...(A !== undefined && { A: { of: A, dims: [] } }),
      ...(atCodes !== undefined && { atCodes: { of: atCodes, dims: [n, D] } }),
      ...Object.fromEntries(codes.map((of, m) => [`codes${m}`, { of, type: 'int32' as const, dims: [n] }])),
    }),
  );
}

/** Computes losses; sessions are made for the shapes that come. */
export class LossGraphs {
  readonly #ort: OrtModule;
  readonly #sessions = new Map<string, Promise<OrtSession>>();

  constructor(ort: OrtModule) {
    this.#ort = ort;
  }

  /** As `dqnLoss`. @throws TrainError NOT_FINITE, BAD_OPTION */
  async evaluate(input: DqnLossInput): Promise<DqnLoss> {
    const D = checkLossInput(input);
    const { n, z, similar, pairwise } = input;
    const { codebook, rotation, ...quantization } = input.quantization ?? { codebook: undefined, rotation: undefined };
    const { M, K } = codebook ?? { M: 0, K: 0 };
    const form = { n, D, pairwise, quantization: codebook && (quantization as LossForm['quantization']) };
    const session = await this.#session(form, { M, K, rotated: rotation !== undefined });
    const { Tensor } = this.#ort;
    const feeds: Record<string, OrtTensor> = {
      z: new Tensor('float32', z, [n, D]),
      similar: new Tensor('float32', similar, [n, n]),
      ...(rotation && { rotation: new Tensor('float32', rotation, [D, D]) }),
    };
    for (const [m, book] of (codebook ? booksOf(codebook) : []).entries()) {
      feeds[`book${m}`] = new Tensor('float32', book, [K, D / M]);
    }
    const made = await session.run(feeds, Object.fromEntries(session.outputNames.map((name) => [name, null])));
    const floats = (name: string): Float32Array | undefined => made[name]?.data as Float32Array | undefined;
    return lossOf(input, {
      L: floats('L')![0],
      Q: floats('Q')?.[0],
      A: floats('A')?.[0],
      dz: floats('dz')!,
      codes: Array.from({ length: M }, (_, m) => made[`codes${m}`].data as Int32Array),
      atCodes: floats('atCodes'),
    });
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    this.#sessions.clear();
  }

  #session(form: LossForm, shape: BookShape): Promise<OrtSession> {
    const key = JSON.stringify([form, shape]);
    const found = this.#sessions.get(key);
    if (found) return found;
    // One thread: the workers' own would be kept from their cores by more that wait here.
    const made = this.#ort.createSession(lossGraph(form, shape), { threads: 1, provider: 'cpu' });
    this.#sessions.set(key, made);
    return made;
  }
}
