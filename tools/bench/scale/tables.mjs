/**
 * @file A gallery's tables filled by SQL from a file of codes: items through the store would take hours at 100M, and a
 * search reads the same rows either way. Ids are 0 to n − 1.
 */
import { sha256Hex, writeCodebook } from '@dqn/format';

const TRAINING = { data: 'none', protocol: 'none', recipe: 'none', seed: 1, engine: 'none', epochs: 0 };

/** A set's codebook as the store wants it. */
export function codebookOf({ codebook }) {
  const file = {
    ...codebook,
    schemaVersion: 1,
    distance: 'aqd',
    modelSha256: '0'.repeat(64),
    preprocessSha256: '0'.repeat(64),
    classes: [],
    training: { ...TRAINING, trainImages: 0, metric: '', map: null },
  };
  const codebookFile = writeCodebook(file);
  return { codebook: file, codebookSha256: sha256Hex(codebookFile), codebookFile };
}

export const codeColumns = (M) => Array.from({ length: M }, (_, m) => `m${m}`);

/** Statements that fill tables of the store's schema from a table or a table function of codes; ids begin at `first`. */
export function fillingStatements(
  { M, n },
  { items, places },
  { source, cell: [a, b], first = 0, places: wantsPlaces = true, settings = '' },
) {
  const codes = codeColumns(M);
  const cell = `toUInt16(m${a}) * 256 + m${b} AS cell`;
  const id = `toString(rowNumberInAllBlocks() + ${first}) AS id`;
  return [
    `INSERT INTO ${items} (cell, ${codes.join(', ')}, id, version) SELECT ${cell}, ${codes.join(', ')}, ${id}, 1 FROM (SELECT * FROM ${source} LIMIT ${n})${settings}`,
    ...(wantsPlaces ? [`INSERT INTO ${places} (id, cell) SELECT id, cell FROM ${items}`] : []),
  ];
}

/** The plain scan: the k smallest distances and their ids; of ties any. */
export function scanStatement(table, { M, K }, T, k) {
  const codes = Array.from({ length: K }, (_, code) => code).join(',');
  const sum = codeColumns(M).map(
    (column, m) => `transform(${column}, [${codes}], [${T.subarray(m * K, (m + 1) * K).join(',')}], 0.)`,
  );
  return `SELECT ${sum.join(' + ')} AS d, id FROM ${table} ORDER BY d LIMIT ${k}`;
}

/** Distances and ids of a reply in TSV. */
export function readHits(text) {
  const lines = text.split('\n').filter(Boolean);
  return lines.map((line) => {
    const [distance, id] = line.split('\t');
    return { distance: Number(distance), id };
  });
}

/**
 * @param hits of the store: [{ id, distance }]
 * @param expected of the scan; those at its last distance may be any that lie there
 * @throws Error unless the distances are the same to the last digit, and so are the ids before the last distance
 */
export function mustBeEqual(what, hits, expected) {
  const last = expected.at(-1)?.distance;
  const certain = (all) =>
    all
      .filter(({ distance }) => distance < last)
      .map(({ id }) => String(id))
      .sort();
  const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
  const distances = (all) => all.map(({ distance }) => distance);
  if (same(distances(hits), distances(expected)) && same(certain(hits), certain(expected))) return;
  const i = expected.findIndex(({ distance }, at) => distance !== hits[at]?.distance);
  if (i < 0) throw new Error(`${what}: the distances are those of the scan; the ids are others: ${certain(hits)}.`);
  throw new Error(`${what}: hit ${i} lies at ${hits[i]?.distance}; the scan finds ${expected[i]?.distance}.`);
}

/** Searches until the store holds its sample of the codes, which it reads when it is asked more than once. */
export async function warmUp(store, query) {
  // Fewer are scanned, without a sample.
  if (store.count < 300_000) return;
  const { index: before } = store.stats().bytes;
  const end = performance.now() + 60_000;
  while (store.stats().bytes.index === before) {
    if (performance.now() > end) throw new Error('the store has no sample of its codes after a minute');
    await store.search(query, { k: 10 });
  }
}
