/** @file Labels of items, and the filters that they give. */
import { checkArray } from '../codebook.ts';
import { PqError } from '../errors.ts';
import { checkGiven, isList, shown } from '../given.ts';
import { NO_ITEM } from '../search/structure.ts';
import { LabelFilter } from './label-filter.ts';

/** Filters of several labels that are kept. */
const KEPT = 64;

const NONE = new LabelFilter(new Uint32Array());

/** Labels by item: a list for each, or one list of all with where each item's begin ([N + 1], the last is the end). */
export type LabelLists =
  | readonly (readonly number[])[]
  | { readonly offsets: ArrayLike<number>; readonly values: ArrayLike<number> };

const EXPECTED = 'a list for each item, or { offsets, values }';

/**
 * Indexes labels, so that searches can be filtered by them: 4 bytes a label of an item.
 *
 * @param labels whole numbers from 0 to 2^32 − 1
 * @param ids [N] unique: whose labels they are; 0 … N − 1 unless given
 * @throws PqError `BAD_SHAPE`, `BAD_OPTION`, `DUPLICATE_ID`
 */
export function createLabels(labels: LabelLists, ids?: Uint32Array): Labels {
  checkGiven(labels, 'The labels', EXPECTED);
  if ('offsets' in labels) {
    checkList(labels.offsets, 'The offsets', 'a list [N + 1]');
    checkList(labels.values, 'The values', 'a list of labels');
    if (labels.offsets.length === 0)
      throw new PqError('BAD_SHAPE', 'There are no offsets; expected N + 1, at least 1.');
  } else checkList(labels, 'The labels', EXPECTED);
  if (ids !== undefined) checkArray(ids, Uint32Array, 'The ids', '[N]');
  const count = 'offsets' in labels ? labels.offsets.length - 1 : labels.length;
  if (ids !== undefined && ids.length !== count) {
    throw new PqError('BAD_SHAPE', `${ids.length} ids for the labels of ${count} items; expected one each.`);
  }
  // By ascending id, so that each label's ids ascend.
  const order = ids && Uint32Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b]);
  const byLabel = new Map<number, number[]>();
  let before = -1;
  for (let i = 0; i < count; i++) {
    const item = order === undefined ? i : order[i];
    const id = ids === undefined ? item : ids[item];
    if (id === before) throw new PqError('DUPLICATE_ID', `Item ${id} is given labels twice.`);
    before = id;
    const own = 'offsets' in labels ? labels.values : labels[item];
    checkList(own, `The labels of item ${id}`, 'a list');
    const from = 'offsets' in labels ? labels.offsets[item] : 0;
    const to = 'offsets' in labels ? labels.offsets[item + 1] : own.length;
    if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= own.length)) {
      throw new PqError(
        'BAD_SHAPE',
        `The labels of item ${id} go from ${shown(from)} to ${shown(to)}; expected offsets that ascend from 0 to ${own.length}.`,
      );
    }
    for (let j = from; j < to; j++) {
      const label = own[j];
      checkLabel(label, `Item ${id} has the label`);
      const list = byLabel.get(label);
      if (list === undefined) byLabel.set(label, [id]);
      // A label given twice counts once.
      else if (list.at(-1) !== id) list.push(id);
    }
  }
  return new Labels(new Map(Array.from(byLabel, ([label, list]) => [label, new LabelFilter(Uint32Array.from(list))])));
}

/** The labels of some items. Ids that no item has any more do no harm. */
export class Labels {
  readonly #single: ReadonlyMap<number, LabelFilter>;
  readonly #several = new Map<string, LabelFilter>();

  /** Made by `createLabels`. */
  constructor(single: ReadonlyMap<number, LabelFilter>) {
    this.#single = single;
  }

  /** Items with the label; none where no item has it. @throws PqError `BAD_OPTION` for what can't be a label */
  filter(label: number): LabelFilter {
    checkLabel(label, 'The label is');
    return this.#single.get(label) ?? NONE;
  }

  /** Items with at least one of the labels. @throws as `filter` */
  any(labels: readonly number[]): LabelFilter {
    return this.#kept('any', labels, (lists) => {
      const all = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const list of lists) {
        all.set(list, at);
        at += list.length;
      }
      all.sort();
      return all.filter((id, i) => i === 0 || id !== all[i - 1]);
    });
  }

  /** Items with all of the labels; of no labels: none. @throws as `filter` */
  all(labels: readonly number[]): LabelFilter {
    return this.#kept('all', labels, (lists) => {
      const [first, ...others] = lists.sort((a, b) => a.length - b.length);
      return others.reduce((left, list) => intersect(left, list), first ?? new Uint32Array());
    });
  }

  #kept(how: string, labels: readonly number[], make: (lists: Uint32Array[]) => Uint32Array): LabelFilter {
    checkList(labels, 'The labels', 'a list');
    for (let i = 0; i < labels.length; i++) checkLabel(labels[i], 'Among the labels is');
    const unique = [...new Set(labels)].sort((a, b) => a - b);
    if (unique.length === 1) return this.filter(unique[0]);
    const key = `${how} ${unique.join()}`;
    let filter = this.#several.get(key);
    if (filter === undefined) filter = new LabelFilter(make(unique.map((label) => this.filter(label).ids)));
    // The one used last stands last.
    this.#several.delete(key);
    this.#several.set(key, filter);
    if (this.#several.size > KEPT) this.#several.delete(this.#several.keys().next().value!);
    return filter;
  }
}

function checkList(value: unknown, what: string, expected: string): void {
  if (!isList(value)) throw new PqError('BAD_OPTION', `${what} are ${shown(value)}; expected ${expected}.`);
}

function checkLabel(label: unknown, what: string): void {
  if (Number.isInteger(label) && (label as number) >= 0 && (label as number) <= NO_ITEM) return;
  throw new PqError('BAD_OPTION', `${what} ${shown(label)}; expected a whole number from 0 to 2^32 − 1.`);
}

/** What is in both of two ascending lists; the first is the shorter. */
function intersect(short: Uint32Array, long: Uint32Array): Uint32Array {
  let at = 0;
  return short.filter((id) => {
    // Doubling steps, then halving: the long list is not walked through.
    let step = 1;
    while (at + step < long.length && long[at + step] < id) step *= 2;
    let end = Math.min(at + step, long.length - 1);
    while (at < end) {
      const middle = (at + end) >>> 1;
      if (long[middle] < id) at = middle + 1;
      else end = middle;
    }
    return long[at] === id;
  });
}
