/** @file The camera in the query's card: from the button to the picture that is kept. Loaded when it is asked for. */

import type { QueryView } from '../view/query.ts';
import { type Camera, openCamera } from './camera.ts';
import { searchLive } from './live.ts';

/** What the camera works with. */
export interface CameraOptions {
  readonly query: QueryView;
  /** Searches by what the video shows now. */
  readonly search: (video: HTMLVideoElement) => Promise<void>;
  /** A picture was taken; the camera is off again. */
  readonly onPicture: (picture: Blob) => void;
  /** The camera failed, or a search did; it is off again. */
  readonly onError: (error: unknown) => void;
  /** The user has stopped it; it is off again. */
  readonly onLeave: () => void;
  /** Off again, for whatever reason. */
  readonly onStop: () => void;
  /** Gives it up while it is being asked for: what comes then is given back at once. */
  readonly signal: AbortSignal;
}

/**
 * Opens the camera and searches by its frames as they come.
 *
 * @returns stops it
 * @throws what openCamera does; the signal's reason
 */
export async function startCamera(options: CameraOptions): Promise<() => void> {
  const { query, search, onPicture, onError, onLeave, onStop } = options;
  const running = new AbortController();
  const stop = (): void => {
    if (running.signal.aborted) return;
    running.abort();
    camera?.stop();
    query.live(undefined);
    query.say('');
    onStop();
  };
  const fail = (error: unknown): void => {
    // A turn that is cut short by the stop is no failure.
    if (running.signal.aborted) return;
    stop();
    onError(error);
  };
  const gone = new Error('The camera was taken away: it was unplugged, or the device needs it elsewhere.');
  let camera: Camera | undefined;
  const opened = await openCamera(() => (camera ? fail(gone) : running.abort(gone)));
  if (options.signal.aborted || running.signal.aborted) {
    opened.stop();
    throw options.signal.aborted ? options.signal.reason : gone;
  }
  camera = opened;
  let using = false;
  const use = async (): Promise<void> => {
    if (using) return;
    using = true;
    const picture = await opened.photograph();
    // Something else was asked meanwhile.
    if (running.signal.aborted) return;
    stop();
    onPicture(picture);
  };
  query.say('Looking …');
  query.live({
    video: opened.video,
    onUse: () => void use().catch(fail),
    onStop: () => {
      stop();
      onLeave();
    },
    onFlip: opened.several ? () => void opened.flip().catch(fail) : undefined,
  });
  void searchLive({
    video: opened.video,
    search,
    onRate: (rate) => query.say(`Live: ${rate.toFixed(rate < 10 ? 1 : 0)} searches a second`),
    onError: fail,
    signal: running.signal,
  });
  return stop;
}
