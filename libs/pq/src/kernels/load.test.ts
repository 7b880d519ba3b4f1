import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { Arena } from './arena.ts';
import { type KernelKind, kernelsOf, loadKernels } from './kinds.ts';
import { createKernels, MAXIMUM_PAGES, PAGE_BYTES, sharingWorks, simdWorks } from './load.ts';
import { PlainMemory } from './plain/memory.ts';
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
});

describe.each<KernelKind>(['simd', 'plain'])('the %s kernels', (kind) => {
  beforeAll(async () => expect(await loadKernels(new Arena().memory, kind)).toBe(kind));

  it('keep the k nearest by (distance, id), whatever the order they come in', () => {
    const arena = new Arena();
    const kernels = kernelsOf(kind, arena.memory);
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
    const kernels = kernelsOf(kind, arena.memory);
    const heap = arena.allocate(16 * 3);
    kernels.beginWithin(heap, 4, 3, 0, 0);
    for (let id = 0; id < 10; id++) kernels.offer(9 - id, id);
    expect(kernels.found()).toBe(5);
    expect(kernels.finish()).toBe(3);
  });

  it('go on when the memory has grown', () => {
    const arena = new Arena(new platform.WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: false }));
    const kernels = kernelsOf(kind, arena.memory);
    arena.allocate(PAGE_BYTES);
    const heap = arena.allocate(32);
    kernels.begin(heap, 2, 0, 0);
    kernels.offer(2, 7);
    arena.allocate(3 * PAGE_BYTES);
    expect(kernels.offer(1, 8)).toBe(1);
    expect(kernels.currentLimit()).toBe(2);
    expect(kernels.offer(2, 9)).toBe(0);
    expect(kernels.finish()).toBe(2);
    expect([...arena.f64(heap, 1), ...arena.u32(heap + 24, 1)]).toEqual([1, 7]);
  });
});

describe('a memory where there is no WebAssembly', () => {
  it('keeps what it holds when it grows, with room to spare', () => {
    const arena = new Arena(new PlainMemory(1));
    const first = arena.allocate(10);
    arena.u8()[first] = 42;
    let growths = 0;
    for (let i = 0, size = 0; i < 400; i++) {
      arena.allocate(PAGE_BYTES);
      if (arena.memory.buffer.byteLength > size) growths++;
      size = arena.memory.buffer.byteLength;
    }
    expect(arena.u8()[first]).toBe(42);
    expect(growths).toBeLessThan(40);
    expect(arena.memory.buffer.byteLength).toBeLessThan(1.5 * arena.bytes);
  });

  it('says what is needed where there is no more', () => {
    const arena = new Arena(new PlainMemory(1));
    const all = () => arena.allocate(MAXIMUM_PAGES * PAGE_BYTES);
    expect(all).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(all).toThrow(/ needs [\d,]+ bytes/);
    expect(() => new PlainMemory(1).grow(MAXIMUM_PAGES)).toThrow(RangeError);
  });
});
