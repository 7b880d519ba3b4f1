/**
 * @file Which kernels run: WebAssembly SIMD where it works, plain TypeScript elsewhere, with the same results. A page
 * loads the plain ones only where it needs them.
 */
import { createKernels, type SearchKernels } from './load.ts';
import type { Memory } from './wasm.ts';

export type KernelKind = 'simd' | 'plain';

type Plain = typeof import('./plain/kernels.ts');
let plain: Plain | undefined;

/** What runs here over such a memory, ready to be used: `wanted`, or the best there is. */
export async function loadKernels(memory: Memory, wanted: KernelKind = 'simd'): Promise<KernelKind> {
  if (wanted === 'simd' && createKernels(memory) !== undefined) return 'simd';
  plain ??= await import('./plain/kernels.ts');
  return 'plain';
}

/** Kernels of a kind that was loaded, over a memory. */
export function kernelsOf(kind: KernelKind, memory: Memory): SearchKernels {
  return kind === 'simd' ? createKernels(memory)! : plain!.createPlainKernels(memory);
}
