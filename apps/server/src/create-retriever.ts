/** @file Opening a model folder and a gallery for serving. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { MODEL_FILES } from '@dqn/format';
import { type Model, openModel } from '@dqn/runtime';
import { ServerError } from './errors.ts';
import { type ImageLimits, Images } from './inference/images.ts';
import { KeptThread } from './inference/kept-thread.ts';
import type { Observe } from './inference/observe.ts';
import { PixelThreads, pixelThreads } from './inference/pixel-threads.ts';
import { providersToTry } from './providers.ts';
import { Retriever } from './retriever.ts';
import { isStoreUrl } from './store/clickhouse/address.ts';
import { openClickHouseStore } from './store/clickhouse/open.ts';
import type { StoreEvent } from './store/events.ts';
import { openStore } from './store/local.ts';
import type { GalleryStore } from './store/store.ts';

/** What to serve, and where to run it. */
export interface RetrieverOptions {
  /** The model folder. */
  readonly model: string;
  /**
   * The gallery: its file, the address of one in ClickHouse (`clickhouse://host:8123/database`), or a store that is open
   * already, which the retriever closes; without it nothing can be searched, but pictures can be embedded and encoded.
   */
  readonly gallery?: string | GalleryStore | undefined;
  /** Whether the gallery file is only read: others may be writing to it. Not, unless told. */
  readonly readOnly?: boolean | undefined;
  /** Where there is no gallery, begin one whose ids are of this kind; unless told it must be there. */
  readonly create?: { readonly idKind: 'string' | 'u32' | 'u64' } | undefined;
  /** `auto` (default) takes the first of cuda, webgpu, cpu that starts; a name insists on that one. */
  readonly provider?: string | undefined;
  /** Threads that share one run on the CPU; default: every core. */
  readonly threads?: number | undefined;
  readonly limits?: ImageLimits | undefined;
  /** Hears what happens, for metrics. */
  readonly observe?: Observe | undefined;
  /** Hears what a gallery file's store has to say, for a log. */
  readonly onStoreEvent?: ((event: StoreEvent) => void) | undefined;
}

/**
 * Opens a model folder, and a gallery if one is given.
 *
 * @throws ServerError `MODEL_NOT_FOUND`, `GALLERY_NOT_FOUND`, `PROVIDER_UNAVAILABLE`; FormatError where files are damaged
 * or don't belong together, or another process writes to the gallery
 * @example
 * await using retriever = await createRetriever({ model: 'runs/emoji/model', gallery: 'emoji.gallery' });
 * const { hits } = await retriever.search('cat.jpg', { k: 5 });
 */
export async function createRetriever(options: RetrieverOptions): Promise<Retriever> {
  const { observe = () => {}, limits = {}, threads = availableParallelism() } = options;
  const providers = providersToTry(options.provider);
  const [network, preprocess, codebook] = await Promise.all(
    [MODEL_FILES.network, MODEL_FILES.preprocess, MODEL_FILES.codebook].map((name) =>
      readModelFile(options.model, name),
    ),
  );
  let session: KeptThread | undefined;
  let pixels: PixelThreads | undefined;
  const model = await openModel(
    { network, preprocess, codebook },
    {
      async createSession(bytes, role) {
        if (role === 'preprocess') {
          pixels = await PixelThreads.open(bytes, pixelThreads(), observe);
          return pixels;
        }
        session = await KeptThread.open({ bytes, providers, threads }, 'network', observe);
        return session;
      },
    },
  );
  try {
    const store = await storeOf(options, model, codebook);
    const { provider, refused } = session!.ready;
    return new Retriever({
      model,
      choice: { provider, refused, threads },
      images: new Images(model, pixels!, limits, observe),
      store,
      down: () => session!.down ?? pixels!.down,
      observe,
    });
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function storeOf(
  options: RetrieverOptions,
  model: Model,
  codebookFile: Uint8Array,
): Promise<GalleryStore | undefined> {
  const { gallery, readOnly, create, onStoreEvent } = options;
  if (typeof gallery !== 'string') return gallery;
  const { codebook, codebookSha256 } = model;
  const common = { codebook, codebookSha256, readOnly, create, thumbnailType: THUMBNAIL_TYPE };
  if (isStoreUrl(gallery)) return openClickHouseStore(gallery, { ...common, codebookFile });
  return openStore(gallery, { ...common, onEvent: onStoreEvent });
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
