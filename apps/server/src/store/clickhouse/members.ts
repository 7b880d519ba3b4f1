/**
 * @file Metadata as a list of texts that the database compares as JavaScript does: one for each value of a member of the
 * first level, the member's name in front.
 *
 *     { n: 3, tags: ['a', true] }   →   "n"n4008… · "tags"ta · "tags"b1
 *
 * Texts of one kind are ordered as their values are: numbers as 16 hexadecimal digits, texts by UTF-16 unit. So an equal
 * member is one that the list has, and a range is a range of texts; no version of the database has to read JSON.
 */
import type { ItemFilter, Metadata } from '../store.ts';
import { literal, literals } from './text.ts';

type Condition = NonNullable<ItemFilter['metadata']>[string];

/** UTF-8 orders what stands from here on otherwise than UTF-16 does. */
const BEHIND_ALL = '\ud7ff';

/** The list of an item. */
export function membersOf(metadata: Metadata | undefined): string[] {
  const all = new Set<string>();
  for (const [name, value] of Object.entries(metadata ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      const key = keyOf(one);
      if (key !== undefined) all.add(nameOf(name) + key);
    }
  }
  return [...all];
}

/** Whether the column `members` passes a condition, as SQL. It is one that `toTest` takes. */
export function memberCondition(name: string, condition: Condition): string {
  const prefix = nameOf(name);
  if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
    return rangeCondition(prefix, condition as Readonly<Record<string, string | number | undefined>>);
  }
  const values = Array.isArray(condition) ? condition : [condition];
  const keys = values.map(keyOf).filter((key) => key !== undefined);
  // An empty list has no type that texts could be compared with.
  return keys.length === 0 ? '0' : `hasAny(members, ${literals(keys.map((key) => prefix + key))})`;
}

function rangeCondition(prefix: string, range: Readonly<Record<string, string | number | undefined>>): string {
  const { gt, gte, lt, lte } = range;
  const kind = typeof (gt ?? gte ?? lt ?? lte) === 'number' ? 'n' : 't';
  const bounds = [
    `x >= ${literal(prefix + kind)}`,
    `x < ${literal(prefix + String.fromCharCode(kind.charCodeAt(0) + 1))}`,
  ];
  for (const [sign, bound] of [
    ['>', gt],
    ['>=', gte],
    ['<', lt],
    ['<=', lte],
  ] as const) {
    if (bound !== undefined) bounds.push(`x ${sign} ${literal(prefix + keyOf(bound))}`);
  }
  return `arrayExists(x -> ${bounds.join(' AND ')}, members)`;
}

/** JSON's quotes end a name, whatever it holds. */
function nameOf(name: string): string {
  return JSON.stringify(name);
}

/** A scalar's text; undefined for what no condition equals. */
function keyOf(value: unknown): string | undefined {
  if (value === null) return 'z';
  if (typeof value === 'boolean') return value ? 'b1' : 'b0';
  if (typeof value === 'string') return `t${ordered(value)}`;
  return typeof value === 'number' && !Number.isNaN(value) ? `n${digits(value)}` : undefined;
}

/** A text that UTF-8 orders as UTF-16 does; half a surrogate pair, which UTF-8 doesn't have, included. */
function ordered(text: string): string {
  return text.replace(/[\ud7ff-\uffff]/g, (unit) => BEHIND_ALL + unit.charCodeAt(0).toString(16));
}

/** The bits of a number, arranged so that they are ordered as numbers are. */
function digits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value === 0 ? 0 : value);
  const bits = view.getBigUint64(0);
  const isNegative = bits >> 63n === 1n;
  const arranged = isNegative ? ~bits & 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return arranged.toString(16).padStart(16, '0');
}
