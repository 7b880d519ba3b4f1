/**
 * @file A model folder at work: pixels → embedding → code.
 *
 * The pixel path is the same everywhere: the decoded picture at full size goes through `preprocess.onnx`, whose
 * resize gives the same bits on every CPU and in wasm, then through `model.onnx` on any provider.
 */

import { type CodebookFile, readCodebook, sha256Hex, verifyTogether } from '@dqn/format';
import { type AbortSignalLike, encode } from '@dqn/pq';
import { RuntimeError } from './errors.ts';
import { checkPicture, type Picture } from './picture.ts';
import { throwIfAborted } from './platform.ts';
import type { SessionFactory, SessionLike, SessionRole, TensorClass, TensorLike } from './session.ts';
import { dimensionsOf, networkSize } from './shapes.ts';

/** The files of a model folder that are needed to embed and encode, as bytes. */
export interface ModelBytes {
  readonly network: Uint8Array;
  readonly preprocess: Uint8Array;
  readonly codebook: Uint8Array;
}

/** How to open a model. */
export interface OpenModelOptions {
  /** Loads a graph with the ONNX Runtime of the caller's choice. */
  readonly createSession: SessionFactory;
  /** ONNX Runtime's tensor class; default: that of onnxruntime-common, which every ONNX Runtime package accepts. */
  readonly Tensor?: TensorClass;
  /** SHA-256 of bytes in hexadecimal, where the platform has a faster one than ours, or the caller knows it already. */
  readonly hash?: (bytes: Uint8Array) => string | Promise<string>;
}

/** How to embed many pictures. */
export interface EmbedOptions {
  /** Pictures a run of the network; default 32. */
  readonly batch?: number;
  readonly signal?: AbortSignalLike;
}

/**
 * Loads a model and checks that its files belong together.
 *
 * @throws FormatError `MODEL_MISMATCH` when the codebook is of another network (both hashes named), or when the
 * codebook is damaged; RuntimeError `NOT_A_MODEL`, `DIMENSIONS_MISMATCH`, `SESSION_FAILED`.
 * @example
 * const model = await openModel(bytes, { createSession: (graph) => ort.InferenceSession.create(graph) });
 * const codes = await model.encode([picture]);
 */
export async function openModel(bytes: ModelBytes, options: OpenModelOptions): Promise<Model> {
  const codebook = readCodebook(bytes.codebook);
  const { hash = sha256Hex } = options;
  const files = [bytes.codebook, bytes.network, bytes.preprocess];
  const [codebookSha256, modelSha256, preprocessSha256] = await Promise.all(files.map(hash));
  verifyTogether({ modelSha256, preprocessSha256, codebook, codebookSha256 });
  const Tensor: TensorClass = options.Tensor ?? ((await import('onnxruntime-common')).Tensor as TensorClass);
  const preprocess = await load(options.createSession, bytes.preprocess, 'preprocess');
  let network: SessionLike | undefined;
  try {
    network = await load(options.createSession, bytes.network, 'network');
    const size = networkSize(network);
    const dimensions = dimensionsOf(network);
    if (dimensions !== codebook.D) {
      throw new RuntimeError(
        'DIMENSIONS_MISMATCH',
        `The network's embedding has ${dimensions} dimensions, the codebook quantizes ${codebook.D}; export the two together.`,
      );
    }
    const parts = { codebook, codebookSha256, modelSha256, preprocessSha256, size, dimensions };
    return await Model.assemble(parts, { preprocess, network, Tensor });
  } catch (error) {
    await Promise.allSettled([preprocess.release(), network?.release()]);
    throw error;
  }
}

async function load(create: SessionFactory, bytes: Uint8Array, role: SessionRole): Promise<SessionLike> {
  try {
    return await create(bytes, role);
  } catch (cause) {
    // A factory that knows better (no such provider, aborted) says so itself.
    if (cause instanceof Error && ('code' in cause || cause.name === 'AbortError')) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RuntimeError('SESSION_FAILED', `ONNX Runtime could not load the ${role} graph: ${reason}`, { cause });
  }
}

interface ModelParts {
  readonly codebook: CodebookFile;
  readonly codebookSha256: string;
  readonly modelSha256: string;
  readonly preprocessSha256: string;
  readonly size: number;
  readonly dimensions: number;
}

interface ModelSessions {
  readonly preprocess: SessionLike;
  readonly network: SessionLike;
  readonly Tensor: TensorClass;
}

/** An open model. Its sessions hold memory outside the JavaScript heap: close() it. */
export class Model {
  readonly codebook: CodebookFile;
  /** sha256 of codebook.pb, hex: what a gallery names as its own. */
  readonly codebookSha256: string;
  readonly modelSha256: string;
  readonly preprocessSha256: string;
  /** Side of the network's square input, in pixels. */
  readonly size: number;
  /** D, the length of an embedding. */
  readonly dimensions: number;
  /**
   * Whether preprocess.onnx hands a picture of `size` × `size` through unchanged, found by trying it on noise when
   * the model is opened; such pictures skip it.
   */
  readonly keepsPixelsAtSize: boolean;
  readonly #sessions: ModelSessions;
  #closed = false;

  private constructor(parts: ModelParts, sessions: ModelSessions, keepsPixelsAtSize: boolean) {
    this.codebook = parts.codebook;
    this.codebookSha256 = parts.codebookSha256;
    this.modelSha256 = parts.modelSha256;
    this.preprocessSha256 = parts.preprocessSha256;
    this.size = parts.size;
    this.dimensions = parts.dimensions;
    this.keepsPixelsAtSize = keepsPixelsAtSize;
    this.#sessions = sessions;
  }

  /** Used by openModel; checks the preprocessing graph by running it once. */
  static async assemble(parts: ModelParts, sessions: ModelSessions): Promise<Model> {
    const probe = new Model(parts, sessions, false);
    const noise = noisePicture(parts.size);
    const through = await probe.preprocess(noise);
    const same = through.every((value, index) => value === noise.data[index]);
    return new Model(parts, sessions, same);
  }

  /**
   * Resizes and crops one decoded picture to what the network takes.
   *
   * @returns [size, size, 3] uint8, RGB. May share memory with the picture.
   * @throws RuntimeError `BAD_PICTURE`, `SESSION_FAILED`, `CLOSED`
   */
  async preprocess(picture: Picture): Promise<Uint8Array> {
    this.#checkOpen();
    checkPicture(picture);
    const { width, height, data } = picture;
    if (this.keepsPixelsAtSize && width === this.size && height === this.size) return data;
    const { preprocess, Tensor } = this.#sessions;
    const output = await this.#run(preprocess, 'preprocess', new Tensor('uint8', data, [height, width, 3]));
    const pixels = output.data;
    if (!(pixels instanceof Uint8Array) || pixels.length !== this.size * this.size * 3) {
      throw new RuntimeError(
        'NOT_A_MODEL',
        `preprocess.onnx gave ${output.type} [${output.dims.join(', ')}], but the network takes uint8 ` +
          `[N, ${this.size}, ${this.size}, 3]; export the model again.`,
      );
    }
    return pixels;
  }

  /**
   * Runs the network once.
   *
   * @param pixels uint8 [n, size, size, 3], row-major
   * @returns float32 [n, D], row-major
   * @throws RuntimeError `BAD_PICTURE` for another length, `NOT_FINITE` when the network gives NaN
   */
  async embedPixels(pixels: Uint8Array, n: number): Promise<Float32Array> {
    this.#checkOpen();
    const expected = n * this.size * this.size * 3;
    if (!Number.isInteger(n) || n < 1 || pixels.length !== expected) {
      throw new RuntimeError(
        'BAD_PICTURE',
        `${n} pictures of ${this.size} × ${this.size} are ${expected} bytes of RGB, got ${pixels.length}.`,
      );
    }
    const { network, Tensor } = this.#sessions;
    const dims = [n, this.size, this.size, 3];
    const output = await this.#run(network, 'network', new Tensor('uint8', pixels, dims));
    const z = output.data;
    if (!(z instanceof Float32Array) || z.length !== n * this.dimensions) {
      throw new RuntimeError(
        'NOT_A_MODEL',
        `model.onnx gave ${output.type} [${output.dims.join(', ')}] where float32 [${n}, ${this.dimensions}] was expected.`,
      );
    }
    const bad = z.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RuntimeError(
        'NOT_FINITE',
        `The network gave ${z[bad]} at dimension ${bad % this.dimensions} of picture ${Math.floor(bad / this.dimensions)}; ` +
          'its weights are damaged or a provider computes wrongly: try provider cpu.',
      );
    }
    return z;
  }

  /**
   * Embeds decoded pictures of any size.
   *
   * @returns float32 [pictures.length, D], row-major
   */
  async embed(pictures: readonly Picture[], options: EmbedOptions = {}): Promise<Float32Array> {
    const { batch = 32, signal } = options;
    checkBatch(batch);
    const bytes = this.size * this.size * 3;
    const embeddings = new Float32Array(pictures.length * this.dimensions);
    for (let start = 0; start < pictures.length; start += batch) {
      throwIfAborted(signal);
      const part = pictures.slice(start, start + batch);
      const pixels = new Uint8Array(part.length * bytes);
      await Promise.all(part.map(async (picture, i) => pixels.set(await this.preprocess(picture), i * bytes)));
      embeddings.set(await this.embedPixels(pixels, part.length), start * this.dimensions);
    }
    return embeddings;
  }

  /**
   * Embeds and quantizes decoded pictures.
   *
   * @returns uint8 [pictures.length, M], row-major: exactly what @dqn/pq's encode gives for the embeddings
   */
  async encode(pictures: readonly Picture[], options: EmbedOptions = {}): Promise<Uint8Array> {
    return encode(this.codebook, await this.embed(pictures, options));
  }

  /** Releases both sessions; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#sessions.preprocess.release(), this.#sessions.network.release()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new RuntimeError('CLOSED', 'This model was closed; open it again.');
  }

  async #run(session: SessionLike, role: SessionRole, input: TensorLike): Promise<TensorLike> {
    try {
      const outputs = await session.run({ [session.inputNames[0]]: input });
      return outputs[session.outputNames[0]];
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RuntimeError('SESSION_FAILED', `ONNX Runtime failed in the ${role} graph: ${reason}`, { cause });
    }
  }
}

/** Throws RuntimeError `BAD_OPTION` unless a batch is a whole number from 1 on. */
export function checkBatch(batch: number): void {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RuntimeError('BAD_OPTION', `A batch of ${batch} pictures is not possible; ask for 1 or more.`);
  }
}

/** A picture in which every byte matters: any filter other than the identity changes it. */
function noisePicture(size: number): Picture {
  const data = new Uint8Array(size * size * 3);
  let state = 0x9e3779b9;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { width: size, height: size, data };
}
