/** @file The query's code, drawn bit by bit: all that a gallery remembers of a picture. */

import { h } from '../dom.ts';

/**
 * M groups of log2 K cells, a filled cell for a 1, each group with its codeword's number in hexadecimal.
 */
export function codeView(code: Uint8Array, K: number): HTMLElement {
  const bits = Math.log2(K);
  const hex = Array.from(code, (word) =>
    word
      .toString(16)
      .padStart(Math.ceil(bits / 4), '0')
      .toUpperCase(),
  );
  const groups = Array.from(code, (word, m) => {
    const cells = Array.from({ length: bits }, (_, bit) =>
      h('i', { class: (word >> (bits - 1 - bit)) & 1 ? 'on' : '' }),
    );
    return h('span', { class: 'word' }, h('span', { class: 'bits' }, ...cells), h('b', {}, hex[m]));
  });
  return h('div', { class: 'code', role: 'img', 'aria-label': `Code: ${hex.join(' ')}` }, ...groups);
}

/** One mark a subspace: filled where a hit has the query's codeword. */
export function matchView(code: Uint8Array, hit: Uint8Array): HTMLElement {
  const same = code.reduce((sum, word, m) => sum + (word === hit[m] ? 1 : 0), 0);
  const marks = Array.from(code, (word, m) => h('i', { class: word === hit[m] ? 'on' : '' }));
  const title = `${same} of ${code.length} codewords are the query's own`;
  return h('span', { class: 'match', role: 'img', 'aria-label': title, title }, ...marks);
}
