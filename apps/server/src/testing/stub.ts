/** @file A retriever without a model: it has the shape of one, for what is about the service alone. */

import type { Retriever } from '../retriever.ts';

/** Answers what is asked of it before any request; everything else has to be given. */
export function stubRetriever(parts: Partial<Retriever> = {}): Retriever {
  const info = {
    model: { sha256: '0'.repeat(64), size: 32, dimensions: 4 },
    codebook: { sha256: '1'.repeat(64), M: 2, K: 256, bits: 16, distance: 'aqd', classes: [], training: null },
    gallery: null,
    runtime: { provider: 'cpu', refused: [], threads: 1, batch: 1 },
  };
  const stub = {
    info: () => info,
    health: () => ({ ready: true, problems: [] }),
    load: () => ({ images: 0, capacity: 1, expected: 0, batch: 1 }),
    warm: async () => [],
    checkRoom: () => undefined,
    choice: info.runtime,
    model: { dimensions: 4, codebook: info.codebook },
    ...parts,
  };
  return stub as unknown as Retriever;
}
