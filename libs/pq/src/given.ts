/** @file What callers give, who may write JavaScript: what isn't as it should be is named before any work. */
import { PqError } from './errors.ts';

/** A value as a message says it; of a symbol or an object without a prototype there is no string. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `of ${value.constructor?.name ?? 'no class'}`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** @throws PqError `BAD_OPTION` unless something is an object: says what was expected */
export function checkGiven(value: unknown, what: string, expected: string): void {
  if (typeof value === 'object' && value !== null) return;
  throw new PqError('BAD_OPTION', `${what} are ${shown(value)}; expected ${expected}.`);
}

/** @throws PqError `BAD_OPTION` for what is given and can't be called */
export function checkFunction(value: unknown, what: string): void {
  if (value === undefined || typeof value === 'function') return;
  throw new PqError('BAD_OPTION', `${what} is ${shown(value)}; expected a function.`);
}

/** @throws PqError `BAD_OPTION` for a number of threads that can't be */
export function checkThreads(threads: unknown): void {
  if (threads === undefined || (Number.isInteger(threads) && (threads as number) >= 0)) return;
  throw new PqError('BAD_OPTION', `threads is ${shown(threads)}; expected a whole number from 0.`);
}

/** @throws PqError `BAD_OPTION` for what is no distance */
export function checkDistance(distance: unknown): void {
  if (distance === 'aqd' || distance === 'ip' || distance === 'sqd') return;
  throw new PqError('BAD_OPTION', `The distance is '${shown(distance)}'; expected 'aqd', 'ip' or 'sqd'.`);
}

/** @throws PqError `BAD_OPTION` for k that isn't a whole number from 1 */
export function checkHowMany(k: unknown, what: string): void {
  if (Number.isInteger(k) && (k as number) >= 1) return;
  throw new PqError('BAD_OPTION', `k is ${shown(k)}; expected how many ${what} to find, a whole number from 1.`);
}

/** Whether something is a list whose members have places: an array, or one of numbers. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}
