/** @file Own pictures where there are none yet: what handles them is loaded with the first, here or in another tab. */

import type { OpenOwnOptions, OwnPictures } from './open.ts';
import { ownPlace } from './place.ts';

/** A collection that is open, or will be when it is needed. */
export class OwnLater {
  readonly #options: OpenOwnOptions;
  readonly #channel: BroadcastChannel | undefined;
  #opening: Promise<OwnPictures> | undefined;
  #opened: OwnPictures | undefined;

  private constructor(options: OpenOwnOptions) {
    this.#options = options;
    const key = ownPlace(options.name, options.model.codebookSha256).join('/');
    // Another tab's first one is this one's, too.
    this.#channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(key) : undefined;
    if (this.#channel) this.#channel.onmessage = () => void this.open().catch(() => undefined);
  }

  /** Opens a collection that is there; of one that isn't, tells that nothing is in it. */
  static async prepare(options: OpenOwnOptions): Promise<OwnLater> {
    const later = new OwnLater(options);
    if (await mayBeThere(ownPlace(options.name, options.model.codebookSha256))) await later.open();
    else options.onChange({ count: 0, bytes: 0, labels: [], kept: true, persisted: false });
    return later;
  }

  /** What is open; undefined while nothing is in it. */
  get opened(): OwnPictures | undefined {
    return this.#opened;
  }

  open(): Promise<OwnPictures> {
    this.#opening ??= (async () => {
      const { openOwn } = await import('./open.ts');
      this.#opened = await openOwn(this.#options);
      this.#channel?.close();
      return this.#opened;
    })().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#channel?.close();
    await (await this.#opening?.catch(() => undefined))?.close();
  }
}

/** Whether a collection's folder is there; also where the browser doesn't say, which whoever opens it will tell. */
async function mayBeThere(place: readonly string[]): Promise<boolean> {
  try {
    let folder = await navigator.storage.getDirectory();
    for (const name of place) folder = await folder.getDirectoryHandle(name);
    return true;
  } catch (error) {
    return !(error instanceof DOMException && error.name === 'NotFoundError');
  }
}
