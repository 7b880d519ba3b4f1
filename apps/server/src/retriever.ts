/** @file Image retrieval on a server: a model folder, a gallery and ONNX Runtime in threads of its own. */

import { access, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { decodePicture } from '@dqn/data';
import { type Gallery, MODEL_FILES, openGallery } from '@dqn/format';
import { fileSource } from '@dqn/format/node';
import { type Distance, type Explanation, encode } from '@dqn/pq';
import {
  type BatchOptions,
  type EncodedPictures,
  encodeAll,
  type Hit,
  type Model,
  openModel,
  type Picture,
  type PictureSource,
  Searcher,
  type SearchFilter,
} from '@dqn/runtime';
import { ServerError } from './errors.ts';
import { type Choice, providersToTry } from './providers.ts';
import { openSessionThread, type ThreadSession } from './session-thread.ts';

/** What to serve, and where to run it. */
export interface RetrieverOptions {
  /** The model folder. */
  readonly model: string;
  /** The gallery file; without it nothing can be searched, but pictures can be embedded and encoded. */
  readonly gallery?: string;
  /** `auto` (default) takes the first of cuda, webgpu, cpu that starts; a name insists on that one. */
  readonly provider?: string;
  /** Threads that share one run on the CPU; default: every core. */
  readonly threads?: number;
}

/** A query: an encoded image (its bytes or its path), decoded pixels, an embedding, or an item of the gallery. */
export type Query = Uint8Array | string | Picture | Float32Array | { readonly id: string };

/** Milliseconds by stage; 0 for a stage that the query didn't need. */
export interface Times {
  readonly decode: number;
  readonly preprocess: number;
  readonly network: number;
  readonly search: number;
}

/** What a search gives. */
export interface Answer {
  readonly hits: readonly Hit[];
  readonly distance: Distance;
  /** The query's own code, M bytes. */
  readonly code: Uint8Array;
  readonly times: Times;
}

/** How many hits, and by which distance. */
export interface AnswerOptions {
  /** Default 10. */
  readonly k?: number;
  /** Default: the codebook's. */
  readonly distance?: Distance;
  /** Which items may be found; all of them unless told. */
  readonly filter?: SearchFilter;
}

/**
 * Opens a model folder, and a gallery if one is given.
 *
 * @throws ServerError `MODEL_NOT_FOUND`, `GALLERY_NOT_FOUND`, `PROVIDER_UNAVAILABLE`; FormatError where files are damaged
 * or don't belong together
 * @example
 * const retriever = await createRetriever({ model: 'runs/emoji/model', gallery: 'emoji.gallery' });
 * const { hits } = await retriever.search('cat.jpg', { k: 5 });
 */
export async function createRetriever(options: RetrieverOptions): Promise<Retriever> {
  const threads = options.threads ?? availableParallelism();
  const providers = providersToTry(options.provider);
  const [network, preprocess, codebook] = await Promise.all(
    [MODEL_FILES.network, MODEL_FILES.preprocess, MODEL_FILES.codebook].map((name) =>
      readModelFile(options.model, name),
    ),
  );
  if (options.gallery !== undefined) await checkGalleryIsThere(options.gallery);
  let session: ThreadSession | undefined;
  const model = await openModel(
    { network, preprocess, codebook },
    {
      async createSession(bytes, role) {
        // Resizing has the same bits on every CPU, and only there; one thread of its own runs beside the network.
        if (role === 'preprocess') return openSessionThread({ bytes, providers: ['cpu'], threads: 1 });
        session = await openSessionThread({ bytes, providers, threads });
        return session;
      },
    },
  );
  const choice: Choice = { provider: session!.provider, refused: session!.refused, threads };
  if (options.gallery === undefined) return new Retriever(model, choice, undefined);
  try {
    const source = await fileSource(options.gallery);
    try {
      const gallery = await openGallery(source);
      // One thread beside this one is enough to build an index in, where the gallery has none.
      const searcher = await Searcher.open(gallery, model, { threads: 1 });
      return new Retriever(model, choice, { gallery, searcher });
    } catch (error) {
      await source.close();
      throw error;
    }
  } catch (error) {
    await model.close();
    throw error;
  }
}

interface OpenGallery {
  readonly gallery: Gallery;
  readonly searcher: Searcher;
}

/** What a retriever runs on and holds. */
export interface RetrieverInfo {
  readonly model: { readonly sha256: string; readonly size: number; readonly dimensions: number };
  readonly codebook: {
    readonly sha256: string;
    readonly M: number;
    readonly K: number;
    readonly bits: number;
    readonly distance: Distance;
    readonly classes: readonly string[];
    readonly training: unknown;
  };
  readonly gallery: {
    readonly count: number;
    readonly thumbnailType: string;
    /** How the items are arranged for searching, and what that takes. */
    readonly index: Pick<Explanation, 'structure' | 'distinct' | 'count' | 'tail' | 'dead' | 'bytes' | 'kernels'>;
  } | null;
  readonly runtime: Choice;
}

/** An open model, and maybe a gallery. It holds threads and memory: close() it. */
export class Retriever {
  readonly model: Model;
  readonly choice: Choice;
  readonly #gallery: OpenGallery | undefined;
  #closed = false;

  /** Use createRetriever. */
  constructor(model: Model, choice: Choice, gallery: OpenGallery | undefined) {
    this.model = model;
    this.choice = choice;
    this.#gallery = gallery;
  }

  /** @throws ServerError `NO_GALLERY` when none was opened */
  get gallery(): Gallery {
    return this.#open().gallery;
  }

  /** @throws ServerError `NO_GALLERY` when none was opened */
  get searcher(): Searcher {
    return this.#open().searcher;
  }

  /**
   * Embeds decoded pictures or image files.
   *
   * @returns float32 [n, D], row-major
   */
  async embed(pictures: readonly (Picture | string | Uint8Array)[]): Promise<Float32Array> {
    return this.model.embed(await Promise.all(pictures.map(toPicture)));
  }

  /** The codes of decoded pictures or image files: uint8 [n, M], row-major. */
  async encode(pictures: readonly (Picture | string | Uint8Array)[]): Promise<Uint8Array> {
    return encode(this.model.codebook, await this.embed(pictures));
  }

  /**
   * Encodes many image files: decoding and resizing run beside the network.
   *
   * @example await retriever.encodeFiles(paths, { onUnreadable: (i, error) => console.warn(paths[i], error) });
   */
  encodeFiles(paths: readonly string[], options: BatchOptions = {}): Promise<EncodedPictures> {
    return this.encodeSource({ length: paths.length, read: (index) => decodePicture(paths[index]) }, options);
  }

  /** The same for a data set or any other source of pictures. */
  encodeSource(source: PictureSource, options: BatchOptions = {}): Promise<EncodedPictures> {
    return encodeAll(this.model, source, options);
  }

  /**
   * Finds the items nearest to a query.
   *
   * @throws ServerError `NO_GALLERY`; RuntimeError `VECTOR_LENGTH`, `NOT_FINITE`, `BAD_OPTION`, `UNKNOWN_ID`,
   * `UNKNOWN_LABEL`; DataError `UNREADABLE_PICTURE`
   */
  async search(query: Query, options: AnswerOptions = {}): Promise<Answer> {
    const { searcher } = this.#open();
    const times = { decode: 0, preprocess: 0, network: 0, search: 0 };
    const timed = async <T>(stage: keyof Times, work: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      times[stage] = performance.now() - start;
      return result;
    };
    let vector: Float32Array;
    if (query instanceof Float32Array) vector = query;
    else if (typeof query === 'object' && 'id' in query) vector = searcher.vector(searcher.row(query.id));
    else {
      const picture = await timed('decode', () => toPicture(query));
      const pixels = await timed('preprocess', () => this.model.preprocess(picture));
      vector = await timed('network', () => this.model.embedPixels(pixels, 1));
    }
    const { hits } = await timed('search', () => searcher.search(vector, options));
    return {
      hits,
      distance: options.distance ?? this.model.codebook.distance,
      code: encode(this.model.codebook, vector),
      times,
    };
  }

  /** Everything worth knowing about what is served. */
  info(): RetrieverInfo {
    const { codebook, codebookSha256, modelSha256, size, dimensions } = this.model;
    return {
      model: { sha256: modelSha256, size, dimensions },
      codebook: {
        sha256: codebookSha256,
        M: codebook.M,
        K: codebook.K,
        bits: codebook.M * Math.log2(codebook.K),
        distance: codebook.distance,
        classes: codebook.classes,
        training: codebook.training,
      },
      gallery: this.#gallery ? galleryInfo(this.#gallery) : null,
      runtime: this.choice,
    };
  }

  /** Ends the threads and closes the files; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.model.close();
    this.#gallery?.searcher.close();
    await this.#gallery?.gallery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): OpenGallery {
    if (this.#closed) throw new ServerError('CLOSED', 'This retriever was closed; create another one.');
    if (this.#gallery) return this.#gallery;
    throw new ServerError(
      'NO_GALLERY',
      'No gallery was opened; give createRetriever a gallery file (made by `dqn index`).',
    );
  }
}

function galleryInfo({ gallery, searcher }: OpenGallery): RetrieverInfo['gallery'] {
  const { structure, distinct, count, tail, dead, bytes, kernels } = searcher.explain();
  return {
    count,
    thumbnailType: gallery.meta.thumbnailType,
    index: { structure, distinct, count, tail, dead, bytes, kernels },
  };
}

async function toPicture(source: Picture | string | Uint8Array): Promise<Picture> {
  if (typeof source === 'string' || source instanceof Uint8Array) return decodePicture(source);
  return source;
}

async function readModelFile(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new ServerError('MODEL_NOT_FOUND', `No ${name} in ${folder}; write a model folder with \`dqn export\`.`, {
      cause,
    });
  }
}

async function checkGalleryIsThere(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new ServerError('GALLERY_NOT_FOUND', `No gallery at ${path}; make one with \`dqn index\`.`, { cause });
  }
}
