/** @file Who may write: one tab at a time, while nobody reads. */

/** Runs work while nobody writes (`shared`), or while nobody else reads or writes. */
export type Lock = <T>(mode: 'shared' | 'exclusive', work: () => Promise<T>) => Promise<T>;

/** A lock that all tabs of this origin share; a tab that is closed or killed lets go of it. */
export function sharedLock(name: string): Lock {
  return (mode, work) => navigator.locks.request(name, { mode }, work) as ReturnType<typeof work>;
}

/** A lock for what no other tab has. */
export function ownLock(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (_, work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}
