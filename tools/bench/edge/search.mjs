/** @file Exact search in the page against the same in Node, over the data sets of `npm run bench -- search`. */
import { countName, dataSet } from '../search/data.mjs';
import { openPage } from '../search/page.mjs';
import { race } from '../search/race.mjs';
import { build, searching } from '../search/still.mjs';
import { mustEqual } from '../search/verify.mjs';

const M = 4;
const K_NEAREST = 10;

export async function searchRows({ say, add, n }) {
  const page = await openPage(say);
  try {
    for (const name of ['clustered', 'hard']) {
      for (const size of [...new Set([1e6, n])]) {
        const set = await dataSet(name, M, size, say);
        const { index } = await build(set);
        const { buildMs } = await page.load(set);
        const given = new Map();
        const times = await race(
          { page: (query) => page.search(query, K_NEAREST), node: searching(index, set, { k: K_NEAREST }) },
          (who, query, { hits }) => {
            if (who === 'page') given.set(query, hits);
            else mustEqual(`${name} ${size}, query ${query}`, given.get(query), plainHits(hits));
          },
        );
        await page.drop();
        index.close();
        const { page: ours, node } = times;
        add({
          case: `search ${countName(size)}, page/Node (M=${M}, ${name}, k=${K_NEAREST})`,
          ours: ours.median,
          peer: 'ours in Node',
          theirs: node.median,
          unit: 'ms',
          ratio: node.median / ours.median,
          least: 0.7,
          beside: `index built in ${buildMs.toFixed(0)} ms`,
        });
      }
    }
  } finally {
    await page.close();
  }
}

const plainHits = ({ ids, distances }) => ({ ids: [...ids], distances: [...distances] });
