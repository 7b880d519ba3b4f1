/**
 * @file Node's own modules, asked for at run time (`process.getBuiltinModule`), so that a bundler for pages never meets
 * them and needs no rule.
 */

const scope = globalThis as unknown as {
  readonly process?: { readonly platform?: string; getBuiltinModule?(name: string): unknown };
  readonly navigator?: { readonly hardwareConcurrency?: number };
};

/** A module of Node's; undefined in a page. */
export function builtin<T>(name: string): T | undefined {
  return scope.process?.getBuiltinModule?.(name) as T | undefined;
}

/** How far a thread that nobody waits for stands back: it gets a third of what another gets where both want to run. */
const BEHIND = 5;

/**
 * Lets other threads go first, for work that answers wait beside. Only on Linux, where a priority is a thread's; elsewhere
 * it would be the process's.
 */
export function giveWay(): void {
  if (scope.process?.platform !== 'linux') return;
  builtin<{ setPriority(pid: number, priority: number): void }>('node:os')?.setPriority(0, BEHIND);
}

/** How many threads this machine runs side by side. */
export function processors(): number {
  const os = builtin<{ availableParallelism(): number }>('node:os');
  return os?.availableParallelism() ?? scope.navigator?.hardwareConcurrency ?? 1;
}
