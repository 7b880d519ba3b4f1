/** @file What a writer does, as a function of the seed: whoever knows how far it came knows what it wrote. */
import { createRandom } from '@dqn/pq';

/** Writers in one process, each with items of its own, so that what each was doing when it was killed is one write. */
export const LANES = 4;
const IDS_PER_LANE = 150;
const MOST_AT_ONCE = 40;

/** A codebook of random codewords: M = 8, K = 256, D = 16. */
export function makeCodebook() {
  const [M, K, D] = [8, 256, 16];
  const random = createRandom(1);
  const codewords = Float32Array.from({ length: K * D }, () => random.normal());
  const codebook = { M, K, D, codewords, distance: 'aqd', classes: ['cat', 'dog'] };
  return { codebook, codebookSha256: 'ab'.repeat(32) };
}

/** The code of the item that was written as number `serial`. */
export function codeOf(serial) {
  const random = createRandom(serial);
  return Uint8Array.from({ length: 8 }, () => random.integer(256));
}

export const idsOf = (lane) => Array.from({ length: IDS_PER_LANE }, (_, n) => `lane ${lane}, item ${n}`);

/** Write `step` of a lane: `{ put: [[id, serial], …] }` or `{ remove: [id, …] }`, ids unique. */
export function writeOf(seed, lane, step) {
  const random = createRandom(seed).fork(`${lane} ${step}`);
  const ids = idsOf(lane);
  const count = random.next() < 0.5 ? 1 : 1 + random.integer(MOST_AT_ONCE);
  const chosen = [...new Set(Array.from({ length: count }, () => ids[random.integer(ids.length)]))];
  if (random.next() < 0.35) return { remove: chosen };
  return { put: chosen.map((id, i) => [id, (lane + LANES * step) * MOST_AT_ONCE + i]) };
}

/** An item as it is put. */
export function itemOf([id, serial]) {
  return {
    id,
    code: codeOf(serial),
    labels: [serial % 2 === 0 ? 'cat' : `class ${serial % 7}`],
    metadata: { serial },
    ...(serial % 3 === 0 && { thumbnail: Uint8Array.from({ length: 1 + (serial % 200) }, (_, i) => serial + i) }),
  };
}
