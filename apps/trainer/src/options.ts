/** @file Option values: checked when they are read, so that a wrong one is wrong usage (exit 2). */
import { isStoreUrl } from '@dqn/server';
import { InvalidArgumentError } from 'commander';
import { TrainerError } from './errors.ts';

/** A parser of whole numbers in a range. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(
        `expected a whole number ${max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`}.`,
      );
    }
    return value;
  };
}

/** A parser of powers of two in a range. */
export function powerOfTwo(min: number, max: number): (text: string) => number {
  const whole = wholeNumber(min, max);
  return (text) => {
    const value = whole(text);
    if (Number.isInteger(Math.log2(value))) return value;
    throw new InvalidArgumentError(`expected a power of two from ${min} to ${max}.`);
  };
}

/** The address of a store. @throws TrainerError WRONG_USAGE for anything else */
export function storeUrl(text: string): string {
  if (isStoreUrl(text)) return text;
  throw new TrainerError(
    'WRONG_USAGE',
    `--store ${text} is no address of a store: expected clickhouse://HOST:8123/DATABASE, clickhouses:// by TLS, or chdb:FOLDER`,
  );
}

/** Leaves out what is undefined, for options with exactOptionalPropertyTypes. */
export function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
