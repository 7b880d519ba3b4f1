/**
 * @file Named protocols: which pictures are learnt from, which are asked with, which are searched, and how deep a
 * ranking is judged (R). A figure of MAP means nothing without them.
 *
 * | name | train | queries | database | R |
 * |---|---|---|---|---|
 * | `cifar10-54000` | 500 a class | 100 a class | the other 54,000 | all |
 * | `cifar10-59000` | the same | the same | all but the queries | all |
 * | `cifar10-full` | the 50,000 | the 10,000 of the test batch | the 50,000 | all |
 * | `nuswide21` | 500 a class | 100 a class | all but the queries | 5,000 |
 * | `mirflickr25k` | 4,000 | 1,000 | all but the queries | all |
 * | `miml2000` | the 1,500 | the 500 | the 1,500 | all |
 * | `holdout` | four fifths | one fifth, stratified, groups kept whole | the training pictures | all |
 */
import type { Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import { holdout } from './holdout.ts';
import { seededRandom, shuffle } from './random.ts';

/** Rows of a data set by their part in an experiment; each list ascends. */
export interface Split {
  name: string;
  train: Uint32Array;
  query: Uint32Array;
  database: Uint32Array;
  /** Depth at which average precision is taken. */
  R: number | 'all';
}

type Rule = (dataset: Dataset, seed: number) => Omit<Split, 'name'>;

const RULES: Record<string, Rule> = {
  'cifar10-54000': (dataset, seed) => {
    const { train, query } = perClass(needCifar10(dataset, 'cifar10-54000'), seed, 500, 100);
    return { train, query, database: allBut(dataset.length, [train, query]), R: 'all' };
  },
  'cifar10-59000': (dataset, seed) => {
    const { train, query } = perClass(needCifar10(dataset, 'cifar10-59000'), seed, 500, 100);
    return { train, query, database: allBut(dataset.length, [query]), R: 'all' };
  },
  'cifar10-full': (dataset) => bySplit(needCifar10(dataset, 'cifar10-full')),
  nuswide21: (dataset, seed) => {
    if (dataset.classes.length !== 21) {
      throw mismatch('nuswide21', dataset, `21 classes, found ${dataset.classes.length}`);
    }
    const { train, query } = perClass(dataset, seed, 500, 100);
    return { train, query, database: allBut(dataset.length, [query]), R: 5000 };
  },
  mirflickr25k: (dataset, seed) => {
    if (dataset.length < 20_000 || dataset.length > 25_000) {
      throw mismatch('mirflickr25k', dataset, `20,000 to 25,000 labelled pictures, found ${dataset.length}`);
    }
    const rows = shuffle([...Array(dataset.length).keys()], seededRandom(seed));
    const query = ascending(rows.slice(0, 1000));
    return { train: ascending(rows.slice(1000, 5000)), query, database: allBut(dataset.length, [query]), R: 'all' };
  },
  miml2000: (dataset) => {
    if (dataset.name !== 'miml2000') throw mismatch('miml2000', dataset, 'the data set miml2000');
    return bySplit(dataset);
  },
  holdout: (dataset, seed) => ({ ...holdout(dataset, seed), R: 'all' }),
};

/** The names that {@link protocol} knows. */
export const PROTOCOL_NAMES: readonly string[] = Object.keys(RULES);

/** The protocol that a data set is judged by unless another one is named. */
export function defaultProtocol(dataset: Pick<Dataset, 'name'>): string {
  return dataset.name === 'cifar10' ? 'cifar10-54000' : dataset.name === 'miml2000' ? 'miml2000' : 'holdout';
}

/**
 * Splits a data set; the same name, data and seed give the same rows on every machine.
 *
 * @param name one of {@link PROTOCOL_NAMES}; `undefined`: the data set's default
 * @throws {DataError} UNKNOWN_PROTOCOL, PROTOCOL_MISMATCH, SPLIT_IMPOSSIBLE
 */
export function protocol(name: string | undefined, dataset: Dataset, seed: number): Split {
  const wanted = name ?? defaultProtocol(dataset);
  if (!Object.hasOwn(RULES, wanted)) {
    throw new DataError('UNKNOWN_PROTOCOL', `"${wanted}" is no protocol: expected ${PROTOCOL_NAMES.join(', ')}`);
  }
  return { name: wanted, ...RULES[wanted](dataset, seed) };
}

/**
 * `queries` then `trains` pictures of every class, in class order; a picture with several labels is taken for the
 * first class that draws it.
 */
function perClass(dataset: Dataset, seed: number, trains: number, queries: number) {
  const order = shuffle([...Array(dataset.length).keys()], seededRandom(seed));
  const taken = new Uint8Array(dataset.length);
  const draw = (label: number, count: number): number[] => {
    const rows: number[] = [];
    for (const row of order) {
      if (rows.length === count) break;
      if (taken[row] || !dataset.labels(row).includes(label)) continue;
      taken[row] = 1;
      rows.push(row);
    }
    if (rows.length < count) {
      throw new DataError(
        'SPLIT_IMPOSSIBLE',
        `class ${dataset.classes[label]} of ${dataset.name} has ${rows.length} pictures left, the protocol takes ${count}`,
      );
    }
    return rows;
  };
  const labels = dataset.classes.map((_, label) => label);
  const query = labels.flatMap((label) => draw(label, queries));
  const train = labels.flatMap((label) => draw(label, trains));
  return { train: ascending(train), query: ascending(query) };
}

function bySplit(dataset: Dataset): Omit<Split, 'name'> {
  const train: number[] = [];
  const query: number[] = [];
  for (let row = 0; row < dataset.length; row++) (dataset.split?.(row) === 'test' ? query : train).push(row);
  return { train: ascending(train), query: ascending(query), database: ascending(train), R: 'all' };
}

function allBut(length: number, without: Uint32Array[]): Uint32Array {
  const taken = new Uint8Array(length);
  for (const rows of without) for (const row of rows) taken[row] = 1;
  return Uint32Array.from([...Array(length).keys()].filter((row) => !taken[row]));
}

function ascending(rows: number[]): Uint32Array {
  return Uint32Array.from(rows).sort();
}

function needCifar10(dataset: Dataset, name: string): Dataset {
  if (dataset.name !== 'cifar10') throw mismatch(name, dataset, 'the data set cifar10');
  return dataset;
}

function mismatch(name: string, dataset: Dataset, needs: string): DataError {
  return new DataError(
    'PROTOCOL_MISMATCH',
    `protocol ${name} isn't defined for ${dataset.name}: it needs ${needs}; use ${defaultProtocol(dataset)}`,
  );
}
