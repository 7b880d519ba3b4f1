/** @file The query's code, drawn bit by bit: all that a gallery remembers of a picture; and beside it a hit's. */

import { h } from '../dom.ts';

/** A hit's codewords, and each subspace's share of its distance where that is known. */
export interface Compared {
  /** [M]. */
  readonly code: Uint8Array;
  /** [M], summing to the hit's distance. */
  readonly parts: Float32Array;
}

/** A codeword's number in hexadecimal, as long as the largest needs. */
export function hexWord(word: number, K: number): string {
  return word
    .toString(16)
    .padStart(Math.ceil(Math.log2(K) / 4), '0')
    .toUpperCase();
}

/**
 * M groups of log2 K cells, a filled cell for a 1, each group with its codeword's number; below them a hit's, as long
 * as one is compared.
 */
export function codeView(
  code: Uint8Array,
  K: number,
): { readonly element: HTMLElement; compare(hit: Compared | undefined): void } {
  const bits = Math.log2(K);
  const words = Array.from(code, (word) => hexWord(word, K));
  const others = words.map(() => h('span', { class: 'other' }));
  const shares = words.map(() => h('i', {}));
  const groups = Array.from(code, (word, m) => {
    const cells = Array.from({ length: bits }, (_, bit) =>
      h('i', { class: (word >> (bits - 1 - bit)) & 1 ? 'on' : '' }),
    );
    return h(
      'span',
      { class: 'word' },
      h('span', { class: 'bits' }, ...cells),
      h('b', {}, words[m]),
      others[m],
      h('span', { class: 'share' }, shares[m]),
    );
  });
  const element = h('div', { class: 'code', role: 'img', 'aria-label': `Code: ${words.join(' ')}` }, ...groups);
  return {
    element,
    compare(hit) {
      const most = hit ? Math.max(...hit.parts.map(Math.abs), 1e-9) : 1;
      groups.forEach((group, m) => {
        group.classList.toggle('same', hit?.code[m] === code[m]);
        others[m].textContent = hit ? hexWord(hit.code[m], K) : '';
        shares[m].style.width = hit ? `${(100 * Math.abs(hit.parts[m])) / most}%` : '0';
      });
      element.classList.toggle('comparing', hit !== undefined);
    },
  };
}

/** Codewords that two codes share. */
export function sameWords(code: Uint8Array, hit: Uint8Array): number {
  return code.reduce((sum, word, m) => sum + (word === hit[m] ? 1 : 0), 0);
}

/** One mark a subspace: filled where a hit has the query's codeword. */
export function matchMarks(code: Uint8Array, hit: Uint8Array): HTMLElement {
  const marks = Array.from(code, (word, m) => h('i', { class: word === hit[m] ? 'on' : '' }));
  return h('span', { class: 'match', 'aria-hidden': 'true' }, ...marks);
}
