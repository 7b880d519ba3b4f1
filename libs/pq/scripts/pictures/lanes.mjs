/** @file Sixteen items of a real cell: the bytes that are added, and what they sum up to. */
import { picture, rect, round, text } from './svg.mjs';

const SIZE = 34;
const [LEFT, TOP] = [190, 64];

/** The byte that each stored code adds, as assembly/query.ts makes it for the limit at the end of the query. */
export function quantized(walk) {
  const { M, K, table, rank, low, axis1, lowBits1, limit } = walk;
  const least = Array.from({ length: M }, (_, m) => Math.min(...table.subarray(m * K, m * K + K)));
  const scale = 250 / (limit - least.reduce((a, b) => a + b));
  const bytes = Array.from({ length: M }, (_, m) => {
    const groups = new Map();
    const exactly = m === axis1 && lowBits1 > 0;
    const group = (code) => (exactly ? rank(m, code) : rank(m, code) >> low);
    for (let code = 0; code < K; code++) {
      const g = group(code);
      groups.set(g, Math.min(groups.get(g) ?? Infinity, table[m * K + code]));
    }
    return (code) => Math.min(255, Math.floor((groups.get(group(code)) - least[m]) * scale));
  });
  return { least, scale, bytes };
}

export function drawLanes(walk) {
  const { M, K, planes, axis0, axis1, codes, offsets, table, limit, ids, cellOf, lowBits1 } = walk;
  const { least, scale, bytes } = quantized(walk);
  // Of the groups that hold a hit, one with as many items of the same cell as there are.
  const inCellOf = (place) => {
    const cell = cellOf(walk.ids0[place]);
    return (item) => item >= offsets[cell] && item < offsets[cell + 1];
  };
  const lanesOf = (place) =>
    Array.from({ length: 16 }, (_, lane) => (place & ~15) + lane).filter(inCellOf(place)).length;
  const places = ids.map((id) => walk.ids0.indexOf(id));
  const position = places.reduce((best, place) => (lanesOf(place) > lanesOf(best) ? place : best));
  const first = position & ~15;
  const inCell = inCellOf(position);
  const distance = (item) => {
    let sum = 0;
    for (let m = 0; m < M; m++) sum += table[m * K + codes[item * M + m]];
    return sum;
  };
  const c0 = codes[position * M + axis0];
  const left = Math.floor((limit - least.reduce((a, b) => a + b) - (table[axis0 * K + c0] - least[axis0])) * scale);
  const content = [
    text(20, 28, 'Sixteen items, side by side: one look-up and one addition a subspace serve them all', 'title'),
    text(
      20,
      46,
      `The cell has said what subspace ${axis0} costs; ${left} of 250 units are left for the others: the threshold of the sums.`,
      'small',
    ),
  ];
  for (const [p, m] of planes.entries()) {
    const y = TOP + p * SIZE;
    const what = m === axis1 && lowBits1 > 0 ? `subspace ${m}, exactly` : `subspace ${m}, by group`;
    content.push(text(LEFT - 12, y + SIZE / 2 + 4, what, 'end'));
    for (let lane = 0; lane < 16; lane++) {
      const value = bytes[m](codes[(first + lane) * M + m]);
      content.push(
        rect(
          LEFT + lane * SIZE + 1,
          y + 1,
          SIZE - 2,
          SIZE - 2,
          'items',
          ` opacity="${round(0.12 + (0.6 * value) / 255)}"`,
        ),
      );
      content.push(text(LEFT + (lane + 0.5) * SIZE, y + SIZE / 2 + 4, value, 'number'));
    }
  }
  const y = TOP + planes.length * SIZE + 10;
  content.push(text(LEFT - 12, y + SIZE / 2 + 4, `sum; the threshold is ${left}`, 'end'));
  content.push(text(LEFT - 12, y + 1.5 * SIZE + 4, 'exact distance', 'end'));
  let scored = 0;
  for (let lane = 0; lane < 16; lane++) {
    const item = first + lane;
    const sum = Math.min(
      255,
      planes.reduce((total, m) => total + bytes[m](codes[item * M + m]), 0),
    );
    const near = inCell(item) && sum <= left;
    const x = LEFT + lane * SIZE;
    if (near) {
      scored++;
      content.push(rect(x + 1, y + 1, SIZE - 2, SIZE - 2, 'visited', ' opacity="0.45"'));
      const hit = ids.includes(walk.ids0[item]);
      content.push(text(x + SIZE / 2, y + 1.5 * SIZE + 4, distance(item).toFixed(2), hit ? 'number title' : 'number'));
    } else {
      content.push(rect(x + 1, y + 1, SIZE - 2, SIZE - 2, 'frame'));
      content.push(text(x + SIZE / 2, y + 1.5 * SIZE + 4, inCell(item) ? '–' : '·', 'number'));
    }
    content.push(text(x + SIZE / 2, y + SIZE / 2 + 4, inCell(item) ? sum : '·', 'number'));
  }
  const outside = 16 - lanesOf(position);
  const lines = [
    `a sum of at most ${left}: ${scored} of ${16 - outside} may be near enough and are scored exactly; the ${ids.length}th nearest of all is at ${limit.toFixed(2)}.`,
    outside > 0 ? `· ${outside} belong to the cell beside it, which has its own turn.` : '',
  ];
  content.push(rect(20, y + 2 * SIZE + 11, 12, 12, 'visited', ' opacity="0.45"'));
  for (const [i, words] of lines.entries()) content.push(text(i === 0 ? 40 : 24, y + 2 * SIZE + 22 + 20 * i, words));
  return picture(
    LEFT + 16 * SIZE + 20,
    y + 2 * SIZE + (outside > 0 ? 62 : 42),
    'Sixteen codes, the bytes that they add and their sums',
    content,
  );
}
