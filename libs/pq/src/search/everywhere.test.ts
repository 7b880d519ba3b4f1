import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hostile } from '../testing/hostile-items.ts';

/** Places where an index lives, as Node can play them; each with modules of its own, which ask the place anew. */
const PLACES: Record<string, { globals: Record<string, unknown>; kernels: 'simd' | 'plain'; shared: boolean }> = {
  'memory shared with threads': { globals: {}, kernels: 'simd', shared: true },
  'a page that is not isolated': { globals: { crossOriginIsolated: false }, kernels: 'simd', shared: false },
  'a place without SIMD': {
    globals: { WebAssembly: { ...wasm(), validate: () => false } },
    kernels: 'plain',
    shared: true,
  },
  'a page that may not compile WebAssembly': {
    globals: { WebAssembly: { ...wasm(), Module: forbidden() }, crossOriginIsolated: false },
    kernels: 'plain',
    shared: false,
  },
  'a place without WebAssembly': { globals: { WebAssembly: undefined }, kernels: 'plain', shared: false },
};

interface Wasm {
  readonly Memory: unknown;
  readonly Instance: unknown;
  readonly Module: unknown;
  readonly CompileError: new (message: string) => Error;
  readonly validate: (bytes: Uint8Array) => boolean;
}

function wasm(): Wasm {
  const here = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const { Memory, Instance, Module, CompileError, validate } = here;
  return { Memory, Instance, Module, CompileError, validate };
}

function forbidden(): unknown {
  const { CompileError } = wasm();
  return class {
    constructor() {
      throw new CompileError('Wasm code generation disallowed by embedder');
    }
  };
}

describe('an index of hostile items', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  for (const [place, { globals, kernels, shared }] of Object.entries(PLACES)) {
    it(`in ${place} answers as the scan does, built, changed and merged`, async () => {
      for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
      vi.resetModules();
      const [{ exercise }, { createIndex }, { createMemory }] = await Promise.all([
        import('../testing/exercise.ts'),
        import('../live/create.ts'),
        import('../kernels/load.ts'),
      ]);
      using index = await createIndex({ codebook: { M: 1, K: 2 }, codes: Uint8Array.of(0, 1) });
      expect(index.explain().kernels).toBe(kernels);
      expect(createMemory().buffer instanceof SharedArrayBuffer).toBe(shared);
      await fc.assert(
        fc.asyncProperty(hostile, (made) => exercise(made, { threads: 0 })),
        { numRuns: 7 },
      );
    });
  }
});
