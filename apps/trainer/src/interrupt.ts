/** @file Ctrl-C: the first asks the work to end well, the second waits no longer than a moment, the third not at all. */

/**
 * How long the second waits, in seconds. `process.exit` ends worker threads, and one that is ended inside ONNX Runtime aborts
 * the process (exit code 134): most are out of it, and the work at its end, long before.
 */
export const PATIENCE = 5;

/** Runs work with a signal that SIGINT or SIGTERM raises; after a second one the process ends soon, with exit code 1. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, onInterrupt: () => void): Promise<T> {
  const controller = new AbortController();
  let signals = 0;
  const stop = (): void => {
    signals++;
    if (signals === 1) {
      onInterrupt();
      controller.abort();
    } else if (signals === 2) setTimeout(() => process.exit(1), PATIENCE * 1000).unref();
    else process.exit(1);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
