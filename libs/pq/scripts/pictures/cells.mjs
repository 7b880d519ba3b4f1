/** @file Which cells a query visited: as they lie in storage, and in the order of what they cost. */
import { count, line, picture, rect, squares, text } from './svg.mjs';

const SIZE = 5;
/** Shades of how many items a cell holds: at least so many. */
const SHADES = [
  [1, 0.15],
  [15, 0.35],
  [40, 0.65],
  [100, 1],
];

export function drawCells(walk) {
  const { N, M, K, n0, n1, order0, order1, sorted0, sorted1, offsets, rest, limit, steps, ids, visited } = walk;
  const side = SIZE * n0;
  const items = (c0, c1) => offsets[c0 * n1 + c1 + 1] - offsets[c0 * n1 + c1];
  const seen = new Set(steps.map(({ c0, c1 }) => c0 * n1 + c1));
  const holds = new Set(ids.map(walk.cellOf));
  const content = [];
  const panel = (x, title, below, row, column) => {
    const y = 60;
    content.push(text(x, 30, title, 'title'), text(x, 48, below, 'small'));
    for (const [i, [least, opacity]] of SHADES.entries()) {
      const most = SHADES[i + 1]?.[0] ?? Infinity;
      const has = (j, r) => items(row(r), column(j)) >= least && items(row(r), column(j)) < most;
      content.push(squares(x, y, SIZE, n1, n0, 'items', has, ` opacity="${opacity}"`));
    }
    content.push(squares(x, y, SIZE, n1, n0, 'visited', (j, r) => seen.has(row(r) * n1 + column(j))));
    for (let r = 0; r < n0; r++) {
      for (let j = 0; j < n1; j++) {
        if (!holds.has(row(r) * n1 + column(j))) continue;
        content.push(`<circle class="hit" cx="${x + SIZE * (j + 0.5)}" cy="${y + SIZE * (r + 0.5)}" r="2.6"/>`);
      }
    }
    content.push(rect(x, y, SIZE * n1, side, 'frame'));
  };
  const second = 20 + SIZE * n1 + 40;
  panel(
    20,
    'As they lie in storage',
    `M = ${M}, K = ${K}; axis 1 →, axis 0 ↓: ${n0} × ${n1} cells`,
    (r) => r,
    (j) => j,
  );
  panel(
    second,
    'Sorted by what they cost this query',
    'the cheapest column first →, the cheapest row first ↓',
    (r) => order0[r],
    (j) => order1[j],
  );
  // Where a cell's bound reaches the distance of the farthest hit.
  const stairs = [];
  for (let r = 0; r < n0; r++) {
    let j = 0;
    while (j < n1 && sorted0[r] + sorted1[j] + rest <= limit) j++;
    stairs.push([second + SIZE * j, 60 + SIZE * r], [second + SIZE * j, 60 + SIZE * (r + 1)]);
    if (j === 0) break;
  }
  content.push(line(stairs, 'limit'));
  const below = 60 + side + 24;
  const parts = [
    ['items', `cells that hold items, a stronger colour where more`],
    [
      'visited',
      `cells that were looked into: ${visited.cells} of ${count(n0 * n1)}, ${count(visited.items)} of ${count(N)} items`,
    ],
  ];
  let y = below;
  for (const [kind, words] of parts) {
    content.push(rect(20, y - 10, 10, 10, kind), text(38, y, words));
    y += 20;
  }
  content.push(
    `<circle class="hit" cx="25" cy="${y - 5}" r="3"/>`,
    text(38, y, `cells in which the ${ids.length} nearest were`),
  );
  y += 20;
  content.push(
    line(
      [
        [20, y - 5],
        [32, y - 5],
      ],
      'limit',
    ),
    text(38, y, `right of it and below it, no cell can hold an item nearer than the ${ids.length}th, or as near`),
  );
  const width = second + SIZE * n1 + 20;
  return picture(width, y + 20, 'Of the grid of cells a query looks into a few, those nearest to it', content);
}
