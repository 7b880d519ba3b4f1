/** @file Asking a server for news of what is kept: not for long, and what is kept will do. */

/** So long a server is waited for where there is something to show without it. */
const PATIENCE_MS = 4000;

/**
 * What `ask` gives; undefined where the network or the server fails, or doesn't answer in time.
 *
 * @throws the signal's reason
 */
export async function asOrKept<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { signal, onOffline }: { readonly signal?: AbortSignal | undefined; readonly onOffline: (why: string) => void },
): Promise<T | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new Error(`the server did not answer within ${PATIENCE_MS / 1000} s`)),
    PATIENCE_MS,
  );
  try {
    return await ask(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  } catch (error) {
    signal?.throwIfAborted();
    onOffline(error instanceof Error ? error.message : String(error));
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
