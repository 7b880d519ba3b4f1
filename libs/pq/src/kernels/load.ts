/**
 * @file The WebAssembly kernels over a memory: compiled once, instantiated as often as there are memories and threads.
 *
 * The module is text in this package (generated/kernels.ts), so that a page needs no request for it and a bundler no
 * rule. It imports its memory. Whether that memory is shared is a property of the import's type, one flag in the
 * module's bytes: the same kernels serve workers over shared memory and a page that isn't isolated.
 */
import { KERNELS } from '../generated/kernels.ts';
import { PlainMemory } from './plain/memory.ts';
import { type Memory, platform } from './wasm.ts';

/** Bytes of a page of WebAssembly's memory. */
export const PAGE_BYTES = 65_536;
/** The most pages: 4 GiB. */
export const MAXIMUM_PAGES = 65_536;

/** The kernels of a search; see assembly/nearby.ts and cells.ts. Pointers are byte offsets in the memory. */
export interface SearchKernels {
  begin(heap: number, k: number, allowed: number, dead: number): void;
  beginWithin(heap: number, radius: number, room: number, allowed: number, dead: number): void;
  exclude(dead: number): void;
  offer(distance: number, id: number): number;
  found(): number;
  currentLimit(): number;
  finish(): number;
  searchCells(index: number, table: number, scratch: number): void;
  cellsSeen(): number;
  itemsSeen(): number;
  itemsExact(): number;
}

/** What the module exports; see assembly/. */
export interface KernelExports extends SearchKernels {
  finite(at: number, count: number): number;
  bookBytes(K: number, d: number): number;
  loadBook(book: number, K: number, d: number, codewords: number): void;
  nearest(book: number, x: number, stride: number, count: number, codes: number, step: number, others: number): number;
  approach(x: number, N: number, d: number, codeword: number, distances: number): number;
  tabulate(
    codewords: number,
    M: number,
    K: number,
    d: number,
    query: number,
    distance: number,
    scratch: number,
    table: number,
  ): number;
}

let simd: boolean | undefined;

/** Whether this place compiles WebAssembly with SIMD: asked of a module of one function that uses it. */
export function simdWorks(): boolean {
  simd ??= platform.WebAssembly?.validate(
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0],
      ...[253, 15, 253, 98, 11],
    ),
  );
  return simd;
}

/** Whether memory can be shared with workers: always in Node, in a page where it is cross-origin isolated. */
export function sharingWorks(): boolean {
  return (
    platform.WebAssembly !== undefined &&
    typeof SharedArrayBuffer === 'function' &&
    platform.crossOriginIsolated !== false
  );
}

/** A new memory, shared with workers where that is possible. */
export function createMemory(pages = 1): Memory {
  if (platform.WebAssembly === undefined) return new PlainMemory(pages);
  return new platform.WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: sharingWorks() });
}

/**
 * The kernels over a memory, one instance a call: its state (the heap's place and size) is its own, the bytes are
 * everybody's. undefined where SIMD is missing or the page forbids WebAssembly: then plain TypeScript does the work.
 */
export function createKernels(memory: Memory): KernelExports | undefined {
  if (!simdWorks()) return undefined;
  const shared = typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer;
  try {
    const kernels = new platform.WebAssembly.Instance(compiled(shared), { env: { memory } });
    return kernels.exports as unknown as KernelExports;
  } catch (error) {
    // A Content-Security-Policy without 'wasm-unsafe-eval'.
    if (error instanceof platform.WebAssembly.CompileError) return undefined;
    throw error;
  }
}

const modules = new Map<boolean, object>();

function compiled(shared: boolean): object {
  let module = modules.get(shared);
  if (module === undefined) {
    const bytes = Uint8Array.from(KERNELS.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    if (shared) bytes[memoryFlags(bytes)] |= SHARED;
    module = new platform.WebAssembly.Module(bytes);
    modules.set(shared, module);
  }
  return module;
}

/** In the flags of a memory's type: it has a maximum, it is shared. */
const HAS_MAXIMUM = 1;
const SHARED = 2;

/** Where the flags of the imported memory stand: behind its name `env.memory` and its kind (2). */
function memoryFlags(bytes: Uint8Array): number {
  const before = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, HAS_MAXIMUM];
  for (let at = 0; at + before.length < bytes.length; at++) {
    if (before.every((byte, i) => bytes[at + i] === byte)) return at + before.length - 1;
  }
  throw new Error(
    'generated/kernels.ts imports no memory env.memory with a maximum: make it anew by scripts/kernels.mjs.',
  );
}
