/**
 * @file A gallery's codes as an index that is searched.
 *
 * An image with an order of its own is read as it is, and what was appended or removed since goes into the index's tail.
 * Row-major codes (a gallery of schema version 1, or one that was written without an index) are built into an index here.
 */
import type { Gallery, Tail } from '@dqn/format';
import { type Codebook, createIndex, openIndex, type PqIndex } from '@dqn/pq';

/** How to open an index. */
export interface OpenIndexOptions {
  /** For building and merging; 0: all is done in the calling thread. */
  readonly threads?: number | undefined;
  /** An AbortSignal. */
  readonly signal?: Parameters<Gallery['tail']>[0];
}

/**
 * Opens the index of a gallery; its ids are the gallery's rows.
 *
 * @throws FormatError for damaged bytes, PqError `BAD_FILE`, `OUT_OF_MEMORY`; the signal's reason
 */
export async function openGalleryIndex(
  gallery: Gallery,
  codebook: Codebook,
  options: OpenIndexOptions = {},
): Promise<PqIndex> {
  const { signal } = options;
  const [image, tail] = await Promise.all([gallery.image({ signal }), gallery.tail(signal)]);
  if (image.kind === 'flat') {
    const bytesOf = (name: string) => image.parts.find((part) => part.name === name)?.bytes;
    const items = join(bytesOf('codes')!, rowsOf(bytesOf('ids')), tail, gallery.meta.M);
    return createIndex({ codebook, ...items, ...options });
  }
  const index = await openIndex(image, codebook, options);
  try {
    const { ids, codes } = live(tail, gallery.meta.M);
    if (ids.length > 0) index.add(ids, codes);
    index.remove(tail.removed);
    return index;
  } catch (error) {
    index.close();
    throw error;
  }
}

/** Row-major codes and a tail as one list, without what is gone; rows 0 … N − 1 go without saying. */
function join(
  codes: Uint8Array,
  rows: Uint32Array | undefined,
  tail: Tail,
  M: number,
): { codes: Uint8Array; ids?: Uint32Array } {
  const count = codes.length / M;
  if (tail.codes.length === 0 && tail.removed.length === 0) return { codes, ...(rows && { ids: rows }) };
  const gone = new Set(tail.removed);
  const all = new Uint8Array(codes.length + tail.codes.length);
  const ids = new Uint32Array(all.length / M);
  let kept = 0;
  for (let i = 0; i < ids.length; i++) {
    const row = i < count ? (rows?.[i] ?? i) : tail.first + i - count;
    if (gone.has(row)) continue;
    const from = i < count ? codes : tail.codes;
    const at = (i < count ? i : i - count) * M;
    all.set(from.subarray(at, at + M), kept * M);
    ids[kept++] = row;
  }
  return { codes: all.slice(0, kept * M), ids: ids.slice(0, kept) };
}

/** The tail's items that are there. */
function live({ first, codes, removed }: Tail, M: number): { ids: Uint32Array; codes: Uint8Array } {
  const ids = Uint32Array.from({ length: codes.length / M }, (_, i) => first + i);
  const gone = new Set(removed.filter((row) => row >= first));
  if (gone.size === 0) return { ids, codes };
  const kept = ids.filter((row) => !gone.has(row));
  const keptCodes = new Uint8Array(kept.length * M);
  kept.forEach((row, i) => {
    keptCodes.set(codes.subarray((row - first) * M, (row - first + 1) * M), i * M);
  });
  return { ids: kept, codes: keptCodes };
}

/** Little-endian u32, wherever they stand. */
function rowsOf(bytes: Uint8Array | undefined): Uint32Array | undefined {
  return bytes && new Uint32Array(bytes.slice().buffer);
}
