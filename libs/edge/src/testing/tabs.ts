/** @file Tabs of one origin in one thread: they share files and a lock, and tell each other. */
import { type Codebook, createRandom } from '@dqn/pq';
import { OwnCollection } from '../own/collection.ts';
import { memoryFiles, type OwnFiles } from '../own/files.ts';
import { type Lock, ownLock } from '../own/lock.ts';
import type { OwnPut } from '../own/records.ts';

/** What the codebook's file would have. */
export const SHA256 = 'ab'.repeat(32);

/** A codebook of made-up codewords. */
export function smallCodebook({ M = 4, K = 16, D = 16, seed = 1 } = {}): Codebook {
  const random = createRandom(seed);
  return { M, K, D, codewords: Float32Array.from({ length: K * D }, () => random.next()) };
}

/** A picture that is told by a number: its code, labels, metadata and thumbnail follow from it. */
export function madePut(id: string, n: number, codebook: Codebook): OwnPut {
  const random = createRandom(n);
  return {
    id,
    code: Uint8Array.from({ length: codebook.M }, () => random.integer(codebook.K)),
    labels: n % 3 === 0 ? [] : [`label ${n % 3}`],
    metadata: new TextEncoder().encode(n % 2 ? JSON.stringify({ n }) : ''),
    thumbnail: Uint8Array.from({ length: random.integer(200) }, () => random.integer(256)),
    thumbnailType: 'image/webp',
  };
}

/** An origin's storage, and how its tabs hear of each other. */
export class Origin {
  readonly codebook = smallCodebook();
  readonly files: OwnFiles;
  readonly #lock: Lock = ownLock();
  static #names = 0;
  readonly #name = `origin ${Origin.#names++}`;

  constructor(files: OwnFiles = memoryFiles()) {
    this.files = files;
  }

  open(onChange?: () => void): Promise<OwnCollection> {
    return OwnCollection.open(
      {
        codebook: this.codebook,
        codebookSha256: SHA256,
        files: this.files,
        lock: this.#lock,
        channel: new BroadcastChannel(this.#name),
      },
      onChange,
    );
  }
}
