/**
 * @file Learn a codebook, index 100,000 vectors, search, change the index while searching, hand it to Faiss.
 *
 *     node search.mjs
 */
import { writeFile } from 'node:fs/promises';
import { createIndex, createRandom, encode, learnCodebook, lookupTable, scan, writeFaiss } from '@dqn/pq';

// Vectors as networks give them: in clusters. 100,000 of 32 numbers each.
const D = 32;
const random = createRandom(1);
const centres = Float32Array.from({ length: 200 * D }, () => random.normal());
function vectors(n) {
  const x = new Float32Array(n * D);
  for (let i = 0; i < n; i++) {
    const centre = D * random.integer(200);
    for (let j = 0; j < D; j++) x[i * D + j] = centres[centre + j] + random.normal();
  }
  return x;
}

// A codebook from a sample: a vector becomes M = 4 bytes instead of 128.
const { codebook } = learnCodebook(vectors(4_000), { M: 4, K: 256, D, seed: 1, iterations: 5 });
const codes = encode(codebook, vectors(100_000));

// The index, and a query's ten nearest.
const index = await createIndex({ codebook, codes });
const query = vectors(1);
const { ids, distances } = index.search(query, { k: 10 });
console.log('nearest', [...ids].join(' '));
console.log('distances', [...distances].map((distance) => distance.toFixed(3)).join(' '));

// What it did: the structure it chose, and how little of it the query looked at.
const { structure, bytes, last } = index.explain();
console.log('structure', structure, `of ${bytes.perItem.toFixed(1)} bytes an item`);
console.log('looked at', last.items, 'of', index.count, 'items in', last.cells, 'of', last.of, 'cells');

// The same as looking at every code.
const { rows } = scan(codes, lookupTable(codebook, query, 'aqd'), { ...codebook, k: 10 });
console.log('exact', rows.join() === ids.join());

// All items within a distance; of a subset only; of several queries at once.
console.log('within', index.within(query, { radius: distances[4] }).ids.length);
console.log('even ids', [...index.search(query, { k: 3, filter: { ids: evens(100_000) } }).ids].join(' '));
console.log('batch', (await index.searchMany(vectors(50), { k: 10 })).length);

// The index lives: what is removed is gone, what is added is there, at once.
index.remove(ids.subarray(0, 1));
index.add(Uint32Array.of(1_000_000), encode(codebook, query));
console.log('after', [...index.search(query, { k: 3 }).ids].join(' '));
await index.merge();
console.log('merged', index.count);

// Out to Faiss: faiss.read_index(path) answers the same.
const path = process.argv[2];
if (path) await writeFile(path, writeFaiss({ codebook, distance: 'aqd', ...index.items() }));
index.close();

function* evens(n) {
  for (let id = 0; id < n; id += 2) yield id;
}
