/** @file One gallery searched by a scan, by the index in Node, over the HTTP service and in the page. */

import { type Codebook, type Distance, lookupTable, scan } from '@dqn/pq';
import type { Retriever } from '@dqn/server';
import type { Page } from 'playwright-core';
import type {} from './harness/harness.ts';

/** A hit: its id and its distance. */
export type Found = readonly [id: string, distance: number];

/** Where the same gallery can be searched. */
export interface Places {
  /** [rows, M] row-major, and what tells of each row: what the answers are held against. */
  readonly codes: Uint8Array;
  readonly id: (row: number) => string;
  readonly isThere: (row: number) => boolean;
  readonly retriever: Retriever;
  /** Of the service. */
  readonly url: string;
  /** The harness, with `window.retriever` open on the service's gallery. */
  readonly page: Page;
}

/** How to ask. */
export interface Questions {
  readonly vectors: readonly Float32Array[];
  readonly distance: Distance;
  readonly k: number;
  /** Only so many go over HTTP, one by one; all unless told. */
  readonly overHttp?: number;
}

/** What each place answers to each vector. */
export interface Answers {
  readonly scan: Found[][];
  readonly node: Found[][];
  readonly http: Found[][];
  readonly page: Found[][];
}

/** Asks everywhere. */
export async function askEverywhere(places: Places, questions: Questions): Promise<Answers> {
  const { retriever, page, url } = places;
  const { vectors, distance, k, overHttp = vectors.length } = questions;
  const http: Found[][] = [];
  for (const vector of vectors.slice(0, overHttp)) {
    const ask = () =>
      fetch(`${url}v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ vector: [...vector], k, distance }),
      });
    let reply = await ask();
    // The service shares this thread, which is late after long computations: it asks for another try then.
    for (let tries = 0; reply.status === 503 && tries < 20; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      reply = await ask();
    }
    if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
    const { hits } = (await reply.json()) as { hits: { id: string; distance: number }[] };
    http.push(hits.map((hit) => [hit.id, hit.distance]));
  }
  const inPage = await page.evaluate(
    async ({ vectors, distance, k }) => {
      const found: [string, number][][] = [];
      for (const vector of vectors) {
        const { hits } = await window.retriever.search(Float32Array.from(vector), { k, distance });
        found.push(hits.map((hit) => [hit.id, hit.distance]));
      }
      return found;
    },
    { vectors: vectors.map((vector) => [...vector]), distance, k },
  );
  return {
    scan: vectors.map((vector) => scanned(places, retriever.model.codebook, vector, distance, k)),
    node: await Promise.all(
      vectors.map(async (vector) =>
        (await retriever.search(vector, { k, distance })).hits.map((hit): Found => [String(hit.id), hit.distance]),
      ),
    ),
    http,
    page: inPage,
  };
}

function scanned(
  { codes, id, isThere }: Places,
  codebook: Codebook,
  vector: Float32Array,
  distance: Distance,
  k: number,
): Found[] {
  const { M, K } = codebook;
  const { rows, distances } = scan(codes, lookupTable(codebook, vector, distance), { M, K, k, filter: isThere });
  return Array.from(rows, (row, i) => [id(row), distances[i]]);
}
