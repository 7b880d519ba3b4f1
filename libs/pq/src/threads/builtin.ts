/**
 * @file Node's own modules, asked for at run time (`process.getBuiltinModule`), so that a bundler for pages never meets
 * them and needs no rule.
 */

const scope = globalThis as unknown as {
  readonly process?: { getBuiltinModule?(name: string): unknown };
  readonly navigator?: { readonly hardwareConcurrency?: number };
};

/** A module of Node's; undefined in a page. */
export function builtin<T>(name: string): T | undefined {
  return scope.process?.getBuiltinModule?.(name) as T | undefined;
}

/** How many threads this machine runs side by side. */
export function processors(): number {
  const os = builtin<{ availableParallelism(): number }>('node:os');
  return os?.availableParallelism() ?? scope.navigator?.hardwareConcurrency ?? 1;
}
