/**
 * @file The files of a model folder: the codebook first, which names the two graphs by their hashes; those are taken from
 * the store where it has them.
 */

import { type CodebookFile, MODEL_FILES, readCodebook } from '@dqn/format';
import type { ModelBytes, SearchCodebook } from '@dqn/runtime';
import { type FetchOptions, fetchBytes, readAnswer, request, versionOf } from './fetch.ts';
import { hashOf } from './hash.ts';
import { asOrKept } from './patience.ts';
import { conditionOf } from './remote-file.ts';
import type { Note, Store } from './store.ts';

/** How to load one. */
export interface LoadModelOptions extends Pick<FetchOptions, 'signal' | 'watch'> {
  readonly store: Store;
  /** Bytes of all files so far and expected. */
  readonly onBytes: (loaded: number, total: number) => void;
  /** Told when the server couldn't be asked. */
  readonly onOffline: (why: string) => void;
}

/** A model on its way. */
export interface LoadingModel {
  /** Known before the rest. */
  readonly codebook: Promise<SearchCodebook>;
  readonly bytes: Promise<ModelBytes>;
  /** Has the store keep it. To be called when everything has turned out to belong together. */
  remember(): Promise<void>;
}

interface Fetched {
  readonly bytes: Uint8Array;
  readonly version: string | null;
}

/**
 * Begins to load a model.
 *
 * @param folder ends in a slash
 */
export function loadModel(folder: string, options: LoadModelOptions): LoadingModel {
  const { store, signal, watch, onOffline } = options;
  const fetch = { signal, watch };
  const counts = new Map<string, readonly [number, number]>();
  const sum = (): void => {
    const all = [...counts.values()];
    options.onBytes(
      all.reduce((total, [loaded]) => total + loaded, 0),
      all.some(([, total]) => total === 0) ? 0 : all.reduce((most, [, total]) => most + total, 0),
    );
  };
  const address = (name: string): string => new URL(name, folder).href;
  const get = (name: string, cache: RequestCache): Promise<Uint8Array> => {
    const onBytes = (loaded: number, total: number): void => {
      counts.set(name, [loaded, total]);
      sum();
    };
    return fetchBytes(address(name), { ...fetch, cache, onBytes });
  };

  const noted = store.note(folder);
  const codebook = noted.then((note) => loadCodebook(note));
  const bytes = Promise.all([codebook, noted]).then(async ([{ file, bytes }]) => {
    const [network, preprocess] = await Promise.all([
      graph(MODEL_FILES.network, file.modelSha256),
      graph(MODEL_FILES.preprocess, file.preprocessSha256),
    ]);
    return { network, preprocess, codebook: bytes };
  });
  // Whoever waits for one of them hears of it.
  bytes.catch(() => undefined);

  async function loadCodebook(note: Note | undefined) {
    const kept = await keptCodebook(note);
    const { bytes, version } = kept ? await newest(kept) : await fetchCodebook();
    return { bytes, version, file: readCodebook(bytes), sha256: await hashOf(bytes) };
  }

  async function keptCodebook(note: Note | undefined): Promise<Fetched | undefined> {
    const name = note?.names[0] ?? '';
    const bytes = note && (await store.get(name));
    if (!bytes) return undefined;
    if ((await hashOf(bytes)) === name) return { bytes, version: note.version };
    await store.delete(name);
    return undefined;
  }

  /** What the server has by now, or what is kept. */
  async function newest(kept: Fetched): Promise<Fetched> {
    const url = address(MODEL_FILES.codebook);
    const found = await asOrKept(
      async (patient) => {
        const headers = kept.version ? conditionOf(kept.version) : {};
        const answer = await request(url, { ...fetch, headers, signal: patient, cache: 'no-store', tries: 1 });
        if (answer.response.status !== 304) {
          return {
            bytes: await readAnswer(answer, url, { ...fetch, signal: patient }),
            version: versionOf(answer.response),
          };
        }
        answer.cancel();
        return kept;
      },
      { signal, onOffline },
    );
    return found ?? kept;
  }

  async function fetchCodebook(): Promise<Fetched> {
    const url = address(MODEL_FILES.codebook);
    // Never what a cache on the way has kept: the other files are held against it.
    const answer = await request(url, { ...fetch, cache: 'no-cache' });
    const onBytes = (loaded: number, total: number): void => {
      counts.set(MODEL_FILES.codebook, [loaded, total]);
      sum();
    };
    return { bytes: await readAnswer(answer, url, { ...fetch, onBytes }), version: versionOf(answer.response) };
  }

  /** A file of which the hash is known. What isn't that is given all the same: openModel names both hashes. */
  async function graph(name: string, sha256: string): Promise<Uint8Array> {
    const kept = await store.get(sha256);
    if (kept && (await hashOf(kept)) === sha256) return kept;
    if (kept) await store.delete(sha256);
    const bytes = await get(name, 'default');
    // A cache on the way may have another version than the codebook's.
    return (await hashOf(bytes)) === sha256 ? bytes : get(name, 'reload');
  }

  return {
    codebook: codebook.then(({ file, sha256 }) => ({ codebook: file satisfies CodebookFile, codebookSha256: sha256 })),
    bytes,
    async remember() {
      const [{ version, file, sha256, bytes: own }, { network, preprocess }] = await Promise.all([codebook, bytes]);
      const files = [
        [sha256, own],
        [file.modelSha256, network],
        [file.preprocessSha256, preprocess],
      ] as const;
      const there = await Promise.all(files.map(([name]) => store.has(name)));
      await Promise.all(files.map(([name, content], i) => (there[i] ? undefined : store.put(name, content))));
      await store.writeNote(folder, { version, names: files.map(([name]) => name), facts: {} });
    },
  };
}
