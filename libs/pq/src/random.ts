/**
 * @file The one source of chance: a seeded generator (sfc32, seeded by splitmix-style mixing).
 *
 * The same seed gives the same numbers on every machine. Streams are split by label, so that what one
 * part draws doesn't shift what another part gets.
 */
import { PqError } from './errors.ts';
import { checkGiven, shown } from './given.ts';

/** A stream of pseudo-random numbers; not for secrets. */
export interface Random {
  /** A float in [0, 1), 53 random bits. */
  next(): number;
  /** An integer in [0, n), n from 1 to 2^53; every one equally likely to within 2^-21 for n up to 2^32. */
  integer(n: number): number;
  /** A draw from the normal distribution with mean 0 and standard deviation 1. */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and gives the same array back. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(array: T): T;
  /** An independent stream. It depends on this stream's seed and the label alone, not on what was drawn. */
  fork(label: string | number): Random;
}

/**
 * A generator for a seed.
 *
 * @param seed a whole number, 0 to 2^53 − 1
 * @throws PqError `BAD_OPTION` for another seed
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new PqError('BAD_OPTION', `The seed is ${shown(seed)}; expected a whole number from 0 to 2^53 − 1.`);
  }
  return stream([seed >>> 0, Math.floor(seed / 2 ** 32)]);
}

/** A stream from a key of 32-bit words. */
function stream(key: readonly number[]): Random {
  const mix = mixer(key);
  let a = mix();
  let b = mix();
  let c = mix();
  let counter = 1;

  /** 32 random bits: sfc32 by Chris Doty-Humphrey (PractRand). */
  function bits(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  }
  // The first outputs still show the key.
  for (let i = 0; i < 12; i++) bits();

  function next(): number {
    return ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
  }
  function integer(n: number): number {
    if (typeof n !== 'number' || !(n >= 1 && n <= 2 ** 53)) {
      throw new PqError(
        'BAD_OPTION',
        `A random integer below ${shown(n)} was asked for; expected a bound of at least 1.`,
      );
    }
    return Math.floor(next() * n);
  }
  return {
    next,
    integer,
    normal() {
      // Box–Muller; 1 − next() is never 0.
      return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    },
    shuffle(array) {
      checkGiven(array, 'The things to shuffle', 'an array');
      const items = array as { length: number; [index: number]: unknown };
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const item = items[i];
        items[i] = items[j];
        items[j] = item;
      }
      return array;
    },
    fork(label) {
      if (typeof label !== 'number' && typeof label !== 'string') {
        throw new PqError('BAD_OPTION', `The label is ${shown(label)}; expected a string or a number.`);
      }
      // The kind is part of the key: fork(1) and fork('1') differ.
      const words = typeof label === 'number' ? [1, ...numberWords(label)] : [2, ...textWords(label)];
      return stream([...key, ...words]);
    },
  };
}

/** The two halves of a number's IEEE bits. */
function numberWords(value: number): number[] {
  const words = new Uint32Array(new Float64Array([value]).buffer);
  return [words[0], words[1]];
}

function textWords(text: string): number[] {
  return [text.length, ...Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))];
}

/** Hashes a key of any length into a stream of well-mixed 32-bit words (murmur3's finaliser). */
function mixer(key: readonly number[]): () => number {
  let state = 0x9e3779b9;
  for (const word of key) state = finalise(Math.imul(state ^ word, 0x85ebca6b) + 0x6d2b79f5);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return finalise(state);
  };
}

function finalise(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
