/** @file Whether what lies in the database can be: everything is read, and with it the checksums of its blocks. */
import { ServerError } from '../../errors.ts';
import type { StoreCheck } from '../store.ts';
import type { ItemReads } from './lookup.ts';
import { codeColumns, type GalleryFacts } from './schema.ts';

/** What is verified. */
export interface VerifiedPlace extends ItemReads {
  readonly facts: GalleryFacts;
}

/** @throws ServerError `STORE_FAILED` for damage; the signal's reason */
export async function verifyItems(
  { engine, all, local, facts }: VerifiedPlace,
  signal?: AbortSignal,
): Promise<StoreCheck> {
  const { M, K, cell } = facts;
  const run = { signal, timeout: 0 };
  const [a, b] = cell.map((m) => `m${m}`);
  const isWrong = [`cell != 256 * ${a} + ${b}`, ...codeColumns(M).map((name) => `${name} >= ${K}`)].join(' OR ');
  const [rows] = await engine.query<{ bytes: string; wrong: string }>(
    `SELECT sum(${codeBytes(M)} + length(id) + length(metadata) + length(toString(labels)) + length(toString(members))) AS bytes, ` +
      `countIf(${isWrong}) AS wrong FROM ${all.items}`,
    run,
  );
  if (Number(rows.wrong) > 0)
    throw damaged(`${rows.wrong} rows have codes that this codebook doesn't have, or stand in a wrong cell`);
  const [thumbnails] = await engine.query<{ bytes: string }>(
    `SELECT sum(length(bytes)) AS bytes FROM ${all.thumbnails}`,
    run,
  );
  // One and the same id at two places: two processes wrote it at the same moment.
  const [ids] = await engine.query<{ items: string; different: string }>(
    `SELECT count() AS items, uniqExact(id) AS different FROM ${all.items} FINAL WHERE deleted = 0`,
    run,
  );
  const twice = Number(ids.items) - Number(ids.different);
  if (twice > 0) throw damaged(`${twice} items are there twice: put them again, which leaves the newest`);
  const [lost] = await engine.query<{ n: string }>(
    `SELECT count() AS n FROM ${all.items} WHERE (id, cell) NOT IN (SELECT id, cell FROM ${local.places})`,
    run,
  );
  if (Number(lost.n) > 0) throw damaged(`${lost.n} rows can't be found by their ids`);
  return { items: Number(ids.items), bytes: Number(rows.bytes) + Number(thumbnails.bytes) };
}

/** Bytes of a row's numbers. */
function codeBytes(M: number): number {
  return M + 12;
}

function damaged(what: string): ServerError {
  return new ServerError('STORE_FAILED', `The gallery in ClickHouse is damaged: ${what}.`);
}
