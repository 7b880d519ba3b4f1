/** @file A few queries with their hits as pictures, for people who read the report. */
import { type Dataset, encodeThumbnail, sharesLabel, THUMBNAIL_TYPE } from '@dqn/data';
import { type Codebook, lookupTable, scan } from '@dqn/pq';
import type { Example, ShownPicture } from '../report/data.ts';
import type { Embedded } from './embed.ts';

const QUERIES = 8;
const HITS = 8;
const EDGE = 64;

/** Queries spread evenly over the list, each with its nearest rows by AQD. */
export async function pickExamples(
  dataset: Dataset,
  codebook: Codebook,
  codes: Uint8Array,
  queries: Embedded,
  database: Embedded,
): Promise<Example[]> {
  const { M, K, D } = codebook;
  const count = Math.min(QUERIES, queries.rows.length);
  const show = async (row: number, isRight: boolean): Promise<ShownPicture> => {
    const webp = await encodeThumbnail(await dataset.read(row), EDGE);
    return {
      src: `data:${THUMBNAIL_TYPE};base64,${Buffer.from(webp).toString('base64')}`,
      name: `${dataset.id(row)}: ${dataset
        .labels(row)
        .map((label) => dataset.classes[label])
        .join(', ')}`,
      isRight,
    };
  };
  const examples: Example[] = [];
  for (let i = 0; i < count; i++) {
    const at = Math.floor(((i + 0.5) * queries.rows.length) / count);
    const row = queries.rows[at];
    const table = lookupTable(codebook, queries.embeddings.subarray(at * D, (at + 1) * D), 'aqd');
    const { rows } = scan(codes, table, { M, K, k: HITS });
    const hits = Array.from(rows, (hit) => database.rows[hit]);
    examples.push({
      query: await show(row, true),
      hits: await Promise.all(hits.map((hit) => show(hit, sharesLabel(dataset.labels(row), dataset.labels(hit))))),
    });
  }
  return examples;
}
