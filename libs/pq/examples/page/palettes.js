/** @file 200,000 made-up palettes, and their index: all that this page has to do with the library. */
import { createIndex, createRandom, encode, learnCodebook } from '@dqn/pq';

/** Four colours of red, green and blue, each 0 to 1: [N, 12]. */
const D = 12;
const COUNT = 200_000;

/** Palettes go from a colour to another one, with some disorder. */
function madeUp(n, random) {
  const x = new Float32Array(n * D);
  for (let i = 0; i < n; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [random.next(), random.next()];
      for (let colour = 0; colour < 4; colour++) {
        const value = from + (to - from) * (colour / 3) + 0.15 * random.normal();
        x[i * D + colour * 3 + channel] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return x;
}

/** Learns, encodes and indexes; gives a search. */
export async function openPalettes() {
  const random = createRandom(1);
  // One subspace a colour: its codewords are the 256 colours that stand for all.
  const sample = madeUp(4_000, random);
  const { codebook } = learnCodebook(sample, { M: 4, K: 256, D, seed: 1, iterations: 8 });
  const index = await createIndex({ codebook, codes: encode(codebook, madeUp(COUNT, random)) });
  return {
    explain: () => index.explain(),
    /** @returns {{ id: number, distance: number, colours: number[][] }[]} */
    nearest(palette, k) {
      const { ids, distances } = index.search(Float32Array.from(palette), { k });
      return Array.from(ids, (id, i) => {
        const colours = Array.from(index.code(id), (code, m) => {
          const from = (m * codebook.K + code) * 3;
          return Array.from(codebook.codewords.subarray(from, from + 3), (value) => Math.round(255 * value));
        });
        return { id, distance: distances[i], colours };
      });
    },
  };
}
