/** @file Which kernels run: WebAssembly SIMD where it works, plain TypeScript elsewhere, with the same results. */
import { createKernels, type KernelExports } from './load.ts';
import type { Memory } from './wasm.ts';

export type KernelKind = 'simd' | 'plain';

/** What runs here. */
export function kernelKind(memory: Memory): KernelKind {
  return createKernels(memory) === undefined ? 'plain' : 'simd';
}

/** Kernels of a kind over a memory. */
export function kernelsOf(kind: KernelKind, memory: Memory): KernelExports {
  const kernels = kind === 'simd' ? createKernels(memory) : undefined;
  if (kernels === undefined) throw new Error('There are no kernels without WebAssembly SIMD yet.');
  return kernels;
}
