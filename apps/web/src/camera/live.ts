/** @file Searches by a video as it runs: each frame is asked about when there is room for it. */

/** Asked about at a time: while one is searched the next is on its way, so that the network never waits. */
const IN_FLIGHT = 2;

/** Answers a second are those of the last so many milliseconds. */
const WINDOW = 2000;

/** What to do with frames. */
export interface LiveOptions {
  readonly video: HTMLVideoElement;
  /** Searches by the frame that the video shows now. */
  readonly search: (video: HTMLVideoElement) => Promise<void>;
  /** Answers a second, told after each. */
  readonly onRate: (perSecond: number) => void;
  /** A search failed; no further frame is asked about. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Runs until the signal says so, or a search fails. A page that isn't seen draws no frames, and so asks nothing. */
export async function searchLive({ video, search, onRate, onError, signal }: LiveOptions): Promise<void> {
  const flying = new Set<Promise<void>>();
  const done: number[] = [];
  let failed = false;
  const ask = async (): Promise<void> => {
    try {
      await search(video);
    } catch (error) {
      if (!failed && !signal.aborted) onError(error);
      failed = true;
      return;
    }
    const now = performance.now();
    done.push(now);
    while (done[0] < now - WINDOW) done.shift();
    if (done.length > 1 && !signal.aborted) onRate((1000 * (done.length - 1)) / (now - done[0]));
  };
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  while (!signal.aborted && !failed) {
    await Promise.race([nextFrame(video), aborted]);
    if (signal.aborted) break;
    const flight: Promise<void> = ask().finally(() => flying.delete(flight));
    flying.add(flight);
    if (flying.size >= IN_FLIGHT) await Promise.race(flying);
  }
}

/** Waits for a frame that was not shown before; where a browser can't tell, for the next time the page is drawn. */
function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(() => resolve());
    else requestAnimationFrame(() => resolve());
  });
}
