/** @file What tests choose that callers can't. */
import type { KernelKind } from '../kernels/kinds.ts';
import { sharingWorks } from '../kernels/load.ts';

/** Which kernels run, and from how many items on threads are worth their start, how long a batch holds
 * the caller's thread. */
export interface Internals {
  readonly kernels?: KernelKind | undefined;
  readonly threadsFrom?: number | undefined;
  /** Milliseconds of work on the caller's thread between two breaks of a batch. */
  readonly breakAfter?: number | undefined;
}

/** Fewer items are searched, built and merged on the caller's thread: another would take longer to begin. */
const THREADS_FROM = 100_000;

/** Whether threads should do it, if there are any. */
export function worthThreads(count: number, { threadsFrom = THREADS_FROM }: Internals): boolean {
  return count >= threadsFrom && sharingWorks();
}
