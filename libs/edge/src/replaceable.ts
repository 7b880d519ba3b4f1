/** @file A session on a device that may be lost in the middle: another takes its place, and the run is run again. */

import type { SessionLike } from '@dqn/runtime';

/**
 * A session that goes on after the loss of its device.
 *
 * @param lost fulfilled with the reason when the device is lost
 * @param replace makes the session that takes over
 */
export function replaceable(
  first: SessionLike,
  lost: Promise<string>,
  replace: (why: string) => Promise<SessionLike>,
): SessionLike {
  let session = Promise.resolve(first);
  let why: string | undefined;
  let released = false;
  void lost.then((reason) => {
    // To release a session is to let its device go.
    if (released) return;
    why = reason;
    session = replace(reason);
    // Whoever runs next hears of it.
    session.catch(() => undefined);
  });
  const { inputNames, outputNames, inputMetadata, outputMetadata } = first;
  return {
    inputNames,
    outputNames,
    inputMetadata,
    outputMetadata,
    async run(feeds) {
      const current = await session;
      try {
        const outputs = await current.run(feeds);
        // What a device computed while it was lost is worth nothing.
        if (current !== first || why === undefined) return outputs;
      } catch (error) {
        if (current !== first) throw error;
        // The failure is often seen before its reason.
        await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
        if (why === undefined) throw error;
      }
      return (await session).run(feeds);
    },
    async release() {
      released = true;
      const current = await session.catch(() => first);
      await current.release();
    },
  };
}

/** So long the news of a lost device may take after a run has failed. */
const NEWS_MS = 200;
