import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { Arena } from './arena.ts';
import { createKernels, sharingWorks, simdWorks } from './load.ts';
import { platform } from './wasm.ts';

describe('the kernels', () => {
  it('run here, over shared memory', () => {
    expect(simdWorks()).toBe(true);
    expect(sharingWorks()).toBe(true);
    expect(new Arena().memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('run over memory that is not shared, too', () => {
    const memory = new platform.WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: false });
    const kernels = createKernels(memory)!;
    kernels.begin(1024, 1, 0, 0);
    kernels.offer(1, 2);
    expect(kernels.finish()).toBe(1);
    expect(new Float64Array(memory.buffer, 1024, 1)[0]).toBe(1);
  });

  it('keep the k nearest by (distance, id), whatever the order they come in', () => {
    const arena = new Arena();
    const kernels = createKernels(arena.memory)!;
    const random = createRandom(1);
    for (const n of [0, 1, 2, 5, 100]) {
      for (const k of [1, 2, 7, 100]) {
        const heap = arena.allocate(16 * k);
        const all = Array.from({ length: n }, (_, id) => ({ id, distance: random.integer(5) - 2 }));
        kernels.begin(heap, k, 0, 0);
        for (const { id, distance } of random.shuffle([...all])) kernels.offer(distance, id);
        const count = kernels.finish();
        const got = Array.from({ length: count }, (_, i) => ({
          id: arena.u32(heap + 16 * i + 8, 1)[0],
          distance: arena.f64(heap + 16 * i, 1)[0],
        }));
        all.sort((a, b) => a.distance - b.distance || a.id - b.id);
        expect(got).toEqual(all.slice(0, k));
      }
    }
  });

  it('collect everything within a radius, and say how many where there is no room', () => {
    const arena = new Arena();
    const kernels = createKernels(arena.memory)!;
    const heap = arena.allocate(16 * 3);
    kernels.beginWithin(heap, 4, 3, 0, 0);
    for (let id = 0; id < 10; id++) kernels.offer(9 - id, id);
    expect(kernels.found()).toBe(5);
    expect(kernels.finish()).toBe(3);
  });
});
