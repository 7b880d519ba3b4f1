/** @file What this package needs of the platform's WebAssembly, typed without Node's or the browser's own types. */

/** A WebAssembly.Memory. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** The parts of `WebAssembly` that are used; undefined where there is none. */
interface Wasm {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: Memory } }) => { readonly exports: unknown };
  Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => Memory;
  CompileError: new () => Error;
}

/** What of the global scope is used. */
export const platform = globalThis as unknown as {
  readonly WebAssembly: Wasm;
  readonly crossOriginIsolated?: boolean;
};
