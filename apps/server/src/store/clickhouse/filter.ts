/** @file A filter as SQL. */
import type { IdKind } from '@dqn/format';
import { ServerError } from '../../errors.ts';
import { toTest } from '../conditions.ts';
import { MOST_MEMBERS } from '../filters.ts';
import { toKept } from '../ids.ts';
import type { ItemFilter } from '../store.ts';
import { memberCondition } from './members.ts';
import { literals } from './text.ts';

/** Which rows pass. */
export interface RowFilter {
  /** Of an item's state, its id aside; `1` where all pass. */
  readonly condition: string;
  /** Ids as they are kept, where only these may pass. */
  readonly ids: readonly string[] | undefined;
  /** Whether nothing can pass. */
  readonly isEmpty: boolean;
}

/** @throws ServerError `BAD_FILTER` */
export function toRowFilter(filter: ItemFilter, idKind: IdKind): RowFilter {
  const { labels, ids, metadata } = filter;
  const parts: string[] = [];
  const members = Object.entries(metadata ?? {});
  if (members.length > MOST_MEMBERS) {
    throw new ServerError('BAD_FILTER', `A filter on ${members.length} members; expected up to ${MOST_MEMBERS}.`);
  }
  for (const [name, condition] of members) {
    toTest(name, condition);
    parts.push(memberCondition(name, condition));
  }
  if (labels !== undefined && labels.length > 0) parts.push(`hasAny(labels, ${literals(labels)})`);
  const kept = ids && [...new Set(ids.map((id) => keptText(id, idKind)).filter((id) => id !== undefined))];
  return {
    condition: parts.length === 0 ? '1' : parts.join(' AND '),
    ids: kept,
    isEmpty: labels?.length === 0 || kept?.length === 0 || parts.includes('0'),
  };
}

/** An id as the database has it; undefined for one that no item can have. */
export function keptText(id: string | number, idKind: IdKind): string | undefined {
  const kept = toKept(id, idKind);
  return kept === undefined ? undefined : String(kept);
}
