/** @file Which kernels run: WebAssembly SIMD where it works, plain TypeScript elsewhere, with the same results. */
import { createKernels, type SearchKernels } from './load.ts';
import { createPlainKernels } from './plain/kernels.ts';
import type { Memory } from './wasm.ts';

export type KernelKind = 'simd' | 'plain';

/** What runs here. */
export function kernelKind(memory: Memory): KernelKind {
  return createKernels(memory) === undefined ? 'plain' : 'simd';
}

/** Kernels of a kind over a memory; plain ones too where a thread is forbidden what its page is allowed. */
export function kernelsOf(kind: KernelKind, memory: Memory): SearchKernels {
  return (kind === 'simd' ? createKernels(memory) : undefined) ?? createPlainKernels(memory);
}
