/** @file Where workers write: a running service by its address, or a store that this process opens itself. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClientError, createClient } from '@dqn/client';
import { THUMBNAIL_TYPE } from '@dqn/data';
import { FormatError, MODEL_FILES } from '@dqn/format';
import type { Model } from '@dqn/runtime';
import { isStoreUrl, openClickHouseStore, problemOf, ServerError, type StoredItem } from '@dqn/server';
import { TrainerError } from '../errors.ts';

/** What a worker asks of a gallery; every GalleryStore fits. */
export interface Sink {
  /** Adds items, and replaces those that have their ids; durable when it returns. */
  put(items: readonly StoredItem[], o?: { readonly signal?: AbortSignal | undefined }): Promise<unknown>;
  close(): Promise<void>;
}

/** Name of the variable that has the service's API key. */
export const SERVICE_KEY = 'DQN_KEY';

/**
 * Opens a gallery to be written to.
 *
 * @param address `http://HOST:PORT` of a `dqn serve`, or `clickhouse://HOST:8123/DATABASE`; a database without a gallery
 * gets one, which keeps the model's codebook.pb as it is
 * @param folder the model's
 * @throws {TrainerError} WRONG_USAGE; FormatError CODEBOOK_MISMATCH for the gallery of another model; what the store throws
 */
export async function openSink(address: string, model: Model, folder: string): Promise<Sink> {
  if (/^https?:\/\//.test(address)) return openService(address, model);
  if (isStoreUrl(address)) {
    const { codebook, codebookSha256 } = model;
    const codebookFile = await readFile(join(folder, MODEL_FILES.codebook));
    const create = { idKind: 'string' } as const;
    return openClickHouseStore(address, {
      ...{ codebook, codebookSha256, codebookFile },
      ...{ create, thumbnailType: THUMBNAIL_TYPE },
    });
  }
  throw new TrainerError(
    'WRONG_USAGE',
    `${address} is no gallery to write to: expected clickhouse://HOST:8123/DATABASE, or http://HOST:PORT of a dqn serve`,
  );
}

/** Writes through a service's HTTP interface. */
async function openService(address: string, model: Model): Promise<Sink> {
  const url = new URL(address);
  const client = createClient({ url: `${url.origin}${url.pathname}`, key: process.env[SERVICE_KEY] });
  const { codebook, gallery } = await client.info();
  if (gallery === null)
    throw new ServerError('NO_GALLERY', `${url.origin} serves no gallery; start dqn serve with one.`);
  if (codebook.sha256 !== model.codebookSha256) {
    throw new FormatError(
      'CODEBOOK_MISMATCH',
      `${url.origin} serves a gallery of codebook ${codebook.sha256}, but this model's is ${model.codebookSha256}. ` +
        'Give dqn worker the model that the service has, or name another service.',
    );
  }
  const thumbnails = gallery.thumbnailType === undefined || ['', THUMBNAIL_TYPE].includes(gallery.thumbnailType);
  return {
    async put(items, o = {}) {
      const problems: Refusal[] = [];
      for await (const { problem } of client.putMany(
        items.map((item) => lineOf(item, thumbnails)),
        o,
      )) {
        if (problem) problems.push(new Refusal(problem));
      }
      // What passes comes first: the others are seen again when it has passed.
      const worst = problems.find(isPassing) ?? problems[0];
      if (worst) throw worst;
    },
    close: async () => {},
  };
}

/** What a service says of one item. */
class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor({ code, detail, status }: { code: string; detail: string; status: number }) {
    super(detail);
    this.code = code;
    this.status = status;
  }
}

function lineOf({ id, code, labels = [], metadata, thumbnail }: StoredItem, thumbnails: boolean) {
  return {
    id,
    code: Buffer.from(code).toString('hex'),
    labels,
    ...(metadata && { metadata }),
    ...(thumbnail && thumbnails && { thumbnail: Buffer.from(thumbnail).toString('base64') }),
  };
}

/** Codes that say: this item can't be kept, and the next may be. */
const ITEMS_FAULT = new Set(['BAD_ITEM', 'BAD_REQUEST', 'TOO_LARGE']);

/** Whether the item is to blame. */
export function isItemsFault(error: unknown): boolean {
  return error instanceof Error && ITEMS_FAULT.has((error as { code?: string }).code ?? '');
}

/** What HTTP says of a failure that passes; any other 500, such as STORE_DENIED, stays until somebody mends it. */
const PASSING = new Set([408, 429, 502, 503, 504]);

/** Whether the same write is worth another try: overload, a full disk, a broken connection, a shard that is down. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, status = 0 } = error as Partial<ClientError>;
  if (error instanceof ServerError) return error.code !== 'CLOSED' && problemOf(error).status === 503;
  return code === 'UNREACHABLE' || PASSING.has(status);
}
