/**
 * @file The decoded training pictures while fresh views are made of them: kept in memory as far as there is room, decoded
 * again each time beyond that.
 */

import { totalmem } from 'node:os';
import type { Picture } from '@dqn/data';
import { shrink } from './shrink.ts';

/** Reads one of the training pictures, as it is decoded. */
export type ReadPicture = (image: number) => Promise<Picture>;

/** A picture's short side is kept at most so many times as long as the network's input: a crop still has its pixels. */
const ROOM_FOR_CROPS = 1.5;

/** Bytes of pictures that are kept: an eighth of the machine's memory, 2 GiB at most. */
const DEFAULT_ROOM = Math.min(2 ** 31, totalmem() / 8);

/** The pictures that fresh views are made of. Which of them are in memory changes nothing but the time. */
export class Pictures {
  readonly #read: ReadPicture;
  readonly #most: number;
  readonly #kept = new Map<number, Picture>();
  #room: number;

  /** @param o.size - edge of the network's input; `room`: bytes that may be kept */
  constructor(read: ReadPicture, o: { readonly size: number; readonly room?: number }) {
    this.#read = read;
    this.#most = Math.ceil(o.size * ROOM_FOR_CROPS);
    this.#room = o.room ?? DEFAULT_ROOM;
  }

  /** The picture, made smaller where it is much larger than the network's input. */
  async get(image: number): Promise<Picture> {
    const kept = this.#kept.get(image);
    if (kept) return kept;
    const picture = shrink(await this.#read(image), this.#most);
    if (picture.data.length <= this.#room && !this.#kept.has(image)) {
      this.#room -= picture.data.length;
      this.#kept.set(image, picture);
    }
    return picture;
  }

  /** The picture as it is decoded, as inference sees it. */
  original(image: number): Promise<Picture> {
    return this.#read(image);
  }
}
