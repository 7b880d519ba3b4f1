/** @file Conditions of a filter on metadata: checked, and as a function of a member's value. */
import { ServerError } from '../errors.ts';
import { shown } from './ids.ts';
import type { ItemFilter } from './store.ts';

/** Whether a member's value passes. */
export type Test = (value: unknown) => boolean;

type Condition = NonNullable<ItemFilter['metadata']>[string];
const BOUNDS = ['gt', 'gte', 'lt', 'lte'] as const;
/** Values of a list at most. */
const MOST_VALUES = 1024;

/** A condition as a function. @throws ServerError `BAD_FILTER` */
export function toTest(name: string, condition: Condition): Test {
  const test = Array.isArray(condition)
    ? oneOf(name, condition)
    : isRange(condition)
      ? within(name, condition)
      : undefined;
  const single = test ?? oneOf(name, [condition]);
  return (value) => (Array.isArray(value) ? value.some(single) : single(value));
}

/** What tells conditions apart. */
export function keyOf(name: string, condition: Condition): string {
  return JSON.stringify([name, condition]);
}

function oneOf(name: string, values: readonly unknown[]): Test {
  if (values.length > MOST_VALUES) {
    throw new ServerError('BAD_FILTER', `${values.length} values for ${shown(name)}; expected up to ${MOST_VALUES}.`);
  }
  for (const value of values) {
    const isScalar = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    if (!isScalar) {
      throw new ServerError(
        'BAD_FILTER',
        `The filter compares ${shown(name)} with ${shown(JSON.stringify(value))}; expected a text, a number, true, false, ` +
          'null, a list of these, or a range { gt, gte, lt, lte }.',
      );
    }
  }
  const all = new Set(values);
  return (value) => all.has(value);
}

function within(name: string, range: Readonly<Record<string, unknown>>): Test {
  const bounds = Object.entries(range).filter(([, bound]) => bound !== undefined);
  const kind = typeof bounds[0]?.[1];
  const isGood =
    (kind === 'string' || kind === 'number') &&
    bounds.every(([key, bound]) => BOUNDS.includes(key as 'gt') && typeof bound === kind && !Number.isNaN(bound));
  if (!isGood) {
    throw new ServerError(
      'BAD_FILTER',
      `The range for ${shown(name)} is ${shown(JSON.stringify(range))}; expected gt, gte, lt or lte, with numbers or texts.`,
    );
  }
  const { gt, gte, lt, lte } = range as Record<string, number | undefined>;
  return (value) => {
    if (typeof value !== kind) return false;
    const one = value as number;
    return !(
      (gt !== undefined && !(one > gt)) ||
      (gte !== undefined && !(one >= gte)) ||
      (lt !== undefined && !(one < lt)) ||
      (lte !== undefined && !(one <= lte))
    );
  };
}

function isRange(condition: unknown): condition is Readonly<Record<string, unknown>> {
  return typeof condition === 'object' && condition !== null;
}
