import { expect, it } from 'vitest';
import { PqError } from '../errors.ts';
import { Arena } from '../kernels/arena.ts';
import { createRandom } from '../random.ts';
import { buildStructure } from '../search/build.ts';
import { Reference } from '../testing/reference.ts';
import type { Pool } from '../threads/pool.ts';
import { answerBatch, answerTurn, type TurnInput } from './batch.ts';
import { Generation } from './generation.ts';
import { queryTables } from './query.ts';

const M = 3;
const K = 16;
const Q = 200;
const codebook = { M, K };
const random = createRandom(4);
const codes = Uint8Array.from({ length: 900 * M }, () => random.integer(K));
const tables = Float32Array.from({ length: Q * M * K }, () => random.normal());
const reference = new Reference(M, K);
reference.put(Array(900).keys(), codes);
const expected = Array.from({ length: Q }, (_, i) => reference.search(tables.subarray(i * M * K, (i + 1) * M * K), 7));

function generation(): Generation {
  const arena = new Arena();
  return new Generation(arena, buildStructure(arena, { codebook, codes }), codebook, 'simd');
}

/** Threads that do their work here, or what the test says. */
function pool(work: (turn: number, input: TurnInput) => unknown, size = 2): Pool {
  let turns = 0;
  return {
    size,
    run: async (_task: string, input: unknown) => work(turns++, structuredClone(input) as TurnInput),
  } as unknown as Pool;
}

function answer(threads: Pool, state = generation()) {
  const list = queryTables(codebook).many({ tables });
  const means = { findPool: async () => threads, check: () => {}, breakAfter: undefined };
  return answerBatch(state, state.holdNarrowed(undefined, Q), codebook, list, { k: 7 }, means);
}

it('threads answer a batch', async () => {
  expect(await answer(pool((_, input) => answerTurn(input)))).toEqual(expected);
});

it('what a lost thread leaves is answered here', async () => {
  const lost = (turn: number, input: TurnInput) => {
    if (turn !== 1) return answerTurn(input);
    throw new PqError('THREAD_LOST', 'gone');
  };
  expect(await answer(pool(lost))).toEqual(expected);
  const allLost = () => {
    throw new PqError('THREAD_LOST', 'gone');
  };
  expect(await answer(pool(allLost))).toEqual(expected);
  expect(await answer(pool(allLost, 0))).toEqual(expected);
});

it('another failure is told, and what was held is given back when all have stopped', async () => {
  const state = generation();
  state.put(Uint32Array.of(1, 2000), codes.subarray(0, 2 * M));
  const pages = state.now().pages.map(({ codes }) => codes);
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const failing = pool(async (turn, input) => {
    if (turn === 0) throw new PqError('CLOSED', 'no more');
    await stopped;
    return answerTurn(input);
  });
  await expect(answer(failing, state)).rejects.toMatchObject({ code: 'CLOSED' });
  // A thread still looks at it: a write takes a copy.
  state.put(Uint32Array.of(2000), codes.subarray(M, 2 * M));
  const copied = state.now().pages.map(({ codes }) => codes);
  expect(copied).not.toEqual(pages);
  stop();
  await new Promise((resolve) => setTimeout(resolve));
  state.put(Uint32Array.of(2000), codes.subarray(0, M));
  expect(state.now().pages.map(({ codes }) => codes)).toEqual(copied);
  // And the first page is used again.
  const { bytes } = state.store;
  const held = state.hold();
  state.put(Uint32Array.of(2000), codes.subarray(M, 2 * M));
  expect(state.now().pages.map(({ codes }) => codes)).toEqual(pages);
  expect(state.store.bytes).toBe(bytes);
  held.release();
});
